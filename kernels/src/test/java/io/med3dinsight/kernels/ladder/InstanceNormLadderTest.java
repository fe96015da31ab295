package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * The ladder of instance norm's statistics: every step computes the same and saves what it says.
 */
class InstanceNormLadderTest {
  private static final int VOXELS = 16384;
  private static final int C = 32;
  private static final float EPS = 1e-5f;

  private final float[] x = RowLadderTest.random(5, VOXELS * C);

  private void check(SimulatedArrays s, long mean, long rstd, String what) {
    double[] m = new double[C];
    double[] r = new double[C];
    for (int c = 0; c < C; c++) {
      for (int v = 0; v < VOXELS; v++) {
        m[c] += x[v * C + c] / (double) VOXELS;
      }
      for (int v = 0; v < VOXELS; v++) {
        r[c] += Math.pow(x[v * C + c] - m[c], 2) / VOXELS;
      }
      r[c] = 1 / Math.sqrt(r[c] + EPS);
    }
    RowLadderTest.same(m, s.floats(mean, C), 1e-6, what + " mean");
    RowLadderTest.same(r, s.floats(rstd, C), 2e-6, what + " rstd");
  }

  private LaunchStatistics naive() throws IOException {
    SimulatedArrays s = RowLadderTest.device("instancenorm");
    long mean = s.allocate(4 * C);
    long rstd = s.allocate(4 * C);
    LaunchStatistics count =
        s.launch("instancenorm_naive_f32", C, 256, s.upload(x), mean, rstd, VOXELS, C, EPS);
    check(s, mean, rstd, "naive");
    return count;
  }

  private LaunchStatistics columns() throws IOException {
    SimulatedArrays s = RowLadderTest.device("instancenorm");
    int blocks = 4;
    long in = s.upload(x);
    long mean = s.allocate(4 * C);
    long rstd = s.allocate(4 * C);
    long partial = s.allocate(4L * 512 * blocks);
    int rows = VOXELS * C / 256 / blocks;
    LaunchStatistics count =
        s.launch("instancenorm_columns_f32", blocks, 256, in, partial, VOXELS, C, rows);
    s.launch("instancenorm_finish_f32", 1, C, in, partial, mean, rstd, VOXELS, C, blocks, EPS);
    check(s, mean, rstd, "columns");
    return count;
  }

  private LaunchStatistics shipped() {
    SimulatedArrays s = RowLadderTest.shipped("norm");
    int blocks = 4;
    int rows = VOXELS * C / 1024 / blocks;
    long in = s.upload(x);
    long mean = s.allocate(4 * C);
    long rstd = s.allocate(4 * C);
    long partial = s.allocate(8L * C * blocks);
    int[] grid = {blocks, 1, 1};
    int[] block = {256, 1, 1};
    LaunchStatistics count =
        s.launch(
            "norm_moments_f32",
            grid,
            block,
            3 * 1024 * 4,
            in,
            partial,
            1024,
            rows,
            VOXELS * C,
            C,
            1);
    int voxels = rows * 1024 / C;
    s.launch(
        "norm_statistics_f32",
        C,
        128,
        in,
        partial,
        mean,
        rstd,
        0L,
        blocks,
        voxels,
        VOXELS,
        C,
        1,
        EPS,
        0);
    check(s, mean, rstd, "shipped");
    return count;
  }

  @Test
  void statisticsReadEachElementOnceAndSixteenBytesAtATime() throws IOException {
    LaunchStatistics naive = naive();
    LaunchStatistics columns = columns();
    LaunchStatistics last = shipped();
    long elements = (long) VOXELS * C;
    assertEquals(2 * elements, naive.globalLoadSectors());
    // And the first voxel, once per block.
    assertEquals(elements / 8 + 4 * 256 / 8, columns.globalLoadSectors());
    assertTrue(last.globalLoadSectors() < 1.08 * elements / 8, "" + last);
    assertTrue(last.globalLoadRequests() < 0.45 * columns.globalLoadRequests(), "" + last);
    assertTrue(last.warpInstructions() < columns.warpInstructions(), last + " / " + columns);
    assertTrue(columns.warpInstructions() < naive.warpInstructions(), columns + " / " + naive);
  }
}
