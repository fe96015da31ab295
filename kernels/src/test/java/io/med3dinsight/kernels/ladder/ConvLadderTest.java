package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.ptx.LaunchStatistics;
import org.junit.jupiter.api.Test;

/** Every step of the convolution's ladder computes the same and saves what its comment says. */
class ConvLadderTest {
  private static final int D = 4;
  private static final int H = 4;
  private static final int W = 8;
  private static final int C = 16;
  private static final int OUT = 32;
  private static final int VOXELS = D * H * W;

  private final float[] x = LadderRun.uniform(1, VOXELS * C);
  private final float[] w = LadderRun.uniform(2, 27 * C * OUT);

  /** An axis of the kernels' structure: 3 taps, stride 1, padding 1. */
  private static int[] axis(int extent, int bit) {
    return new int[] {extent, extent, 3, 1, 1, 1, 1, bit};
  }

  /** The structure Convolution of conv.cu. */
  private static int[] shipped() {
    int[] p = new int[40];
    System.arraycopy(axis(D, 0), 0, p, 0, 8);
    System.arraycopy(axis(H, 3), 0, p, 8, 8);
    System.arraycopy(axis(W, 6), 0, p, 16, 8);
    int[] rest = {0, 1, 1, 1, 2, C, OUT, C, OUT, C * OUT, OUT, 1, OUT, 1, 1, 1};
    System.arraycopy(rest, 0, p, 24, 16);
    return p;
  }

  private LaunchStatistics ladder(String kernel, int[] grid) throws Exception {
    LadderRun run = LadderRun.of("conv");
    long y = run.gpu.allocate(4L * VOXELS * OUT);
    long[] p = {run.floats(x), run.floats(w), y};
    LaunchStatistics s = run.launch(kernel, grid, new int[] {256, 1, 1}, 0, p, D, H, W, C, OUT);
    check(kernel, run.read(y, VOXELS * OUT), false);
    return s;
  }

  private LaunchStatistics shipped(String kernel, int ringBytes, boolean halves) {
    LadderRun run = new LadderRun("conv", Catalogue.ptx("conv"));
    long y = run.gpu.allocate(4L * VOXELS * OUT);
    long[] p = {
      halves ? run.halves(x) : run.floats(x), halves ? run.halves(w) : run.floats(w), 0, y
    };
    int tables = 256 * 16 + 128 * 12;
    LaunchStatistics s =
        run.launch(
            kernel, new int[] {1, 1, 1}, new int[] {128, 1, 1}, ringBytes + tables, p, shipped());
    check(kernel, run.read(y, VOXELS * OUT), halves);
    return s;
  }

  private void check(String kernel, float[] y, boolean halves) {
    for (int i = 0; i < y.length; i++) {
      assertEquals(expected(i / OUT, i % OUT, halves), y[i], 1e-4, kernel + " at " + i);
    }
  }

  private double expected(int voxel, int o, boolean halves) {
    double sum = 0;
    for (int tap = 0; tap < 27; tap++) {
      int ix = voxel % W + tap % 3 - 1;
      int iy = voxel / W % H + tap / 3 % 3 - 1;
      int iz = voxel / W / H + tap / 9 - 1;
      if (ix < 0 || ix >= W || iy < 0 || iy >= H || iz < 0 || iz >= D) {
        continue;
      }
      for (int c = 0; c < C; c++) {
        float a = x[((iz * H + iy) * W + ix) * C + c];
        float b = w[(tap * C + c) * OUT + o];
        sum += halves ? (double) LadderRun.bfloat16(a) * LadderRun.bfloat16(b) : (double) a * b;
      }
    }
    return sum;
  }

  @Test
  void eachStepSavesWhatItSays() throws Exception {
    LaunchStatistics naive = ladder("conv_naive_f32", new int[] {VOXELS * OUT / 256, 1, 1});
    LaunchStatistics implicit = ladder("conv_implicit_f32", new int[] {1, VOXELS / 64, 1});
    LaunchStatistics tables = shipped("conv_gather128x32_f32", 3 * 16 * 168 * 4, false);
    assertTrue(implicit.globalLoadBytes() < naive.globalLoadBytes() / 10, "" + implicit);
    assertTrue(implicit.warpInstructions() < 0.7 * naive.warpInstructions(), "" + implicit);
    assertEquals(0, tables.bankConflicts());
    assertTrue(tables.warpInstructions() < 0.5 * implicit.warpInstructions(), "" + tables);
    assertTrue(tables.sharedRequests() < 0.25 * implicit.sharedRequests(), "" + tables);
  }

  @Test
  void tensorCoresSaveInstructionsAndBytes() {
    LaunchStatistics tables = shipped("conv_gather128x32_f32", 3 * 16 * 168 * 4, false);
    LaunchStatistics mma = shipped("conv_gather128x32_bf16", 4 * 32 * 160 * 2, true);
    // Half the bytes, but for the last slice, twice as deep and half empty.
    assertTrue(mma.globalLoadBytes() < 0.53 * tables.globalLoadBytes(), "" + mma);
    assertTrue(mma.warpInstructions() < 0.3 * tables.warpInstructions(), "" + mma);
  }
}
