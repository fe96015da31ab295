package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The ladder of distances between embeddings. */
class CostLadderTest {
  private static final int N = 64;
  private static final int WIDTH = 64;

  private final float[] u = RowLadderTest.random(10, N * WIDTH);
  private final float[] v = RowLadderTest.random(11, N * WIDTH);
  private final double[] expected = new double[N * N];

  CostLadderTest() {
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        double sum = 0;
        for (int e = 0; e < WIDTH; e++) {
          sum += Math.pow((double) u[i * WIDTH + e] - v[j * WIDTH + e], 2);
        }
        expected[i * N + j] = Math.sqrt(sum);
      }
    }
  }

  private LaunchStatistics step(SimulatedArrays s, String kernel, int[] grid, int[] block) {
    long d = s.allocate(4L * N * N);
    LaunchStatistics done =
        block[1] == 1
            ? s.launch(kernel, grid, block, 0, s.upload(u), s.upload(v), d, N, N, WIDTH)
            : s.launch(kernel, grid, block, 0, s.upload(u), s.upload(v), d, N, WIDTH);
    RowLadderTest.same(expected, s.floats(d, N * N), 1e-5, kernel);
    return done;
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics naive =
        step(
            LadderFile.load("cost"),
            "cost_naive_f32",
            new int[] {N / 32, N / 8, 1},
            new int[] {32, 8, 1});
    int[] tiles = {N / 32, N / 32, 1};
    int[] square = {32, 32, 1};
    LaunchStatistics tile = step(LadderFile.load("cost"), "cost_tile_f32", tiles, square);
    LaunchStatistics padded = step(LadderFile.load("cost"), "cost_padded_f32", tiles, square);
    LaunchStatistics last =
        step(
            RowLadderTest.shipped("cost"),
            "cost_distance_f32",
            new int[] {N / 32 * (N / 32), 1, 1},
            new int[] {256, 1, 1});
    long distances = (long) N * N;
    assertEquals(2 * 4 * WIDTH * distances, naive.globalLoadBytes());
    assertEquals(naive.globalLoadBytes() / 32, tile.globalLoadBytes());
    assertEquals(tile.globalLoadBytes(), last.globalLoadBytes());
    // A warp's 32 lanes each want another word of one bank, in each of the products.
    assertEquals(31 * WIDTH * distances / 32, tile.bankConflicts());
    assertEquals(0, padded.bankConflicts());
    assertTrue(last.sharedRequests() < 0.6 * padded.sharedRequests(), last + " " + padded);
    assertTrue(last.warpInstructions() < padded.warpInstructions(), last + " " + padded);
  }
}
