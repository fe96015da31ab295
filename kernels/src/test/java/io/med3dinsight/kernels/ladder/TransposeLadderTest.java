package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every step of the transposition's ladder gives the same and saves what its comment says. */
class TransposeLadderTest {
  private static final int M = 64;
  private static final int N = 128;
  private static final long SECTORS = M * N * 4 / 32;

  private static LaunchStatistics words(String kernel, int gridX, int gridY, int blockY)
      throws IOException {
    SimulatedArrays s = LadderFile.load("transpose");
    int[] x = IntStream.range(0, M * N).map(i -> i * 7919 + 5).toArray();
    int[] expected = new int[M * N];
    for (int i = 0; i < M * N; i++) {
      expected[i % N * M + i / N] = x[i];
    }
    long y = s.allocate(4L * M * N);
    LaunchStatistics done =
        s.launch(
            kernel,
            new int[] {gridX, gridY, 1},
            new int[] {32, blockY, 1},
            0,
            s.upload(x),
            y,
            M,
            N);
    assertArrayEquals(expected, s.ints(y, M * N), kernel);
    return done;
  }

  private static LaunchStatistics halves(String kernel, int tile) throws IOException {
    SimulatedArrays s = LadderFile.load("transpose");
    float[] x = new float[M * N];
    float[] expected = new float[M * N];
    for (int i = 0; i < M * N; i++) {
      // Different, finite, and exact in bf16.
      x[i] = Float.intBitsToFloat(0x3000 + i << 16);
      expected[i % N * M + i / N] = x[i];
    }
    long y = s.allocate(2L * M * N);
    LaunchStatistics done =
        s.launch(
            kernel,
            new int[] {N / tile, M / tile, 1},
            new int[] {32, 8, 1},
            0,
            s.uploadBf16(x),
            y,
            M,
            N);
    assertArrayEquals(expected, s.bf16(y, M * N), kernel);
    return done;
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics naive = words("transpose_naive_b32", M / 32, N / 8, 8);
    LaunchStatistics tile = words("transpose_tile_b32", N / 32, M / 32, 32);
    LaunchStatistics padded = words("transpose_padded_b32", N / 32, M / 32, 32);
    LaunchStatistics four = words("transpose_four_b32", N / 32, M / 32, 8);
    assertEquals(8 * SECTORS, naive.globalLoadSectors());
    assertEquals(SECTORS, tile.globalLoadSectors());
    assertEquals(SECTORS, tile.globalStoreSectors());
    assertEquals(31L * M * N / 32, tile.bankConflicts());
    assertEquals(0, padded.bankConflicts());
    assertEquals(SECTORS, four.globalLoadSectors());
    assertEquals(SECTORS, four.globalStoreSectors());
    assertEquals(0, four.bankConflicts());
    assertTrue(four.warpInstructions() < 0.7 * padded.warpInstructions(), four + " " + padded);
  }

  @Test
  void pairsOfTwoByteElementsHalveRequests() throws IOException {
    LaunchStatistics four = halves("transpose_four_b16", 32);
    LaunchStatistics pairs = halves("transpose_pairs_b16", 64);
    assertEquals(four.globalLoadRequests(), 2 * pairs.globalLoadRequests());
    assertEquals(four.globalStoreRequests(), 2 * pairs.globalStoreRequests());
    assertEquals(SECTORS / 2, pairs.globalLoadSectors());
    assertEquals(SECTORS / 2, pairs.globalStoreSectors());
    assertEquals(0, pairs.bankConflicts());
    assertTrue(pairs.warpInstructions() < 0.7 * four.warpInstructions(), pairs + " " + four);
  }
}
