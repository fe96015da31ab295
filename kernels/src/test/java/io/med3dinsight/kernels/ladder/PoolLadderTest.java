package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The ladder of max pooling: every step computes the same and saves what it says. */
class PoolLadderTest {
  private static final int D = 4;
  private static final int H = 4;
  private static final int W = 8;
  private static final int C = 32;
  private static final int OUT = D * H * W * C;

  private final float[] x = RowLadderTest.random(7, 8 * OUT);
  private final double[] expected = new double[OUT];

  PoolLadderTest() {
    for (int i = 0; i < OUT; i++) {
      int v = i / C;
      double best = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < 8; k++) {
        int z = 2 * (v / (H * W)) + k / 4;
        int r = 2 * (v / W % H) + k / 2 % 2;
        int q = 2 * (v % W) + k % 2;
        best = Math.max(best, x[((z * 2 * H + r) * 2 * W + q) * C + i % C]);
      }
      expected[i] = best;
    }
  }

  private LaunchStatistics step(String kernel, int each) throws IOException {
    SimulatedArrays s = LadderFile.load("pool");
    long y = s.allocate(4L * OUT);
    LaunchStatistics done = s.launch(kernel, OUT / each / 256, 256, s.upload(x), y, D, H, W, C);
    RowLadderTest.same(expected, s.floats(y, OUT), 0, kernel);
    return done;
  }

  private LaunchStatistics shipped() {
    SimulatedArrays s = RowLadderTest.shipped("pool");
    long y = s.allocate(4L * OUT);
    long where = s.allocate(4L * OUT);
    int[] window = {2 * D, 2 * H, 2 * W, D, H, W, 2, 2, 2, 2, 2, 2, 0, 0, 0, C};
    LaunchStatistics done =
        s.launch("pool_max_f32", OUT / 1024, 256, s.upload(x), y, where, OUT / 4, window, 1);
    RowLadderTest.same(expected, s.floats(y, OUT), 0, "pool_max_f32");
    return done;
  }

  @Test
  void maxPoolingReadsEachSectorOnceAndSixteenBytesAtATime() throws IOException {
    LaunchStatistics naive = step("pool_naive_f32", 1);
    LaunchStatistics ordered = step("pool_ordered_f32", 1);
    LaunchStatistics wide = step("pool_wide_f32", 4);
    LaunchStatistics last = shipped();
    assertEquals(8L * OUT, naive.globalLoadSectors());
    assertEquals(OUT, ordered.globalLoadSectors());
    assertEquals(OUT, wide.globalLoadSectors());
    assertEquals(OUT, last.globalLoadSectors());
    assertEquals(8L * OUT / 32, ordered.globalLoadRequests());
    assertEquals(8L * OUT / 128, wide.globalLoadRequests());
    assertEquals(8L * OUT / 128, last.globalLoadRequests());
    assertEquals(OUT / 8, wide.globalStoreSectors());
    assertTrue(wide.warpInstructions() < 0.5 * ordered.warpInstructions(), wide + " " + ordered);
    // It keeps the winners' positions as well, for windows of any kind: more instructions, but
    // memory is what bounds it.
    assertEquals(OUT / 4, last.globalStoreSectors());
  }
}
