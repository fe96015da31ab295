package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import org.junit.jupiter.api.Test;

/** Every step of attention's ladder computes the same and saves what its comment says. */
class AttentionLadderTest {
  private static final int T = 128;
  private static final int WIDTH = 64;
  private static final int TILE = 64 * (WIDTH + 4) * 4;
  private static final long SQUARE = (long) T * T;

  private final float[] q = LadderRun.uniform(1, T * WIDTH);
  private final float[] k = LadderRun.uniform(2, T * WIDTH);
  private final float[] v = LadderRun.uniform(3, T * WIDTH);

  private void check(float[] y, boolean halves, double tolerance, String what) {
    double[] p = new double[T];
    for (int i = 0; i < T; i++) {
      double sum = 0;
      for (int j = 0; j < T; j++) {
        double s = 0;
        for (int e = 0; e < WIDTH; e++) {
          s += of(q[i * WIDTH + e], halves) * of(k[j * WIDTH + e], halves);
        }
        p[j] = Math.exp(s / 8);
        sum += p[j];
      }
      for (int e = 0; e < WIDTH; e++) {
        double expected = 0;
        for (int j = 0; j < T; j++) {
          expected += p[j] / sum * of(v[j * WIDTH + e], halves);
        }
        assertEquals(expected, y[i * WIDTH + e], tolerance, what + " at " + i + ", " + e);
      }
    }
  }

  private static double of(float x, boolean halves) {
    return halves ? LadderRun.bfloat16(x) : x;
  }

  private static int[] size(int x, int y) {
    return new int[] {x, y, 1};
  }

  /** Scores in memory: three kernels. */
  private LaunchStatistics threePasses(boolean tiled) throws Exception {
    LadderRun run = LadderRun.of("attention");
    String name = tiled ? "attention_tiled_" : "attention_naive_";
    int[] block = tiled ? size(256, 1) : size(64, 1);
    long s = run.gpu.allocate(4 * SQUARE);
    long y = run.gpu.allocate(4L * T * WIDTH);
    LaunchStatistics scores =
        run.launch(
            name + "scores_f32",
            tiled ? size(T / 64, T / 64) : size(T / 16, T / 16),
            tiled ? block : size(16, 16),
            tiled ? 2 * TILE : 0,
            new long[] {run.floats(q), run.floats(k), s},
            T);
    LaunchStatistics softmax =
        run.launch(
            name + "softmax_f32", size(tiled ? T / 8 : T / 64, 1), block, 0, new long[] {s}, T);
    LaunchStatistics output =
        run.launch(
            name + "output_f32",
            size(tiled ? T / 64 : T, 1),
            block,
            tiled ? 2 * TILE : 0,
            new long[] {s, run.floats(v), y},
            T);
    check(run.read(y, T * WIDTH), false, 1e-6, name);
    return scores.plus(softmax).plus(output);
  }

  private LaunchStatistics running() throws Exception {
    LadderRun run = LadderRun.of("attention");
    long y = run.gpu.allocate(4L * T * WIDTH);
    long[] p = {run.floats(q), run.floats(k), run.floats(v), y};
    LaunchStatistics s =
        run.launch("attention_running_f32", size(T / 64, 1), size(256, 1), 3 * TILE, p, T);
    check(run.read(y, T * WIDTH), false, 1e-6, "running");
    return s;
  }

  private LaunchStatistics mma() throws Exception {
    LadderRun run = LadderRun.of("attention");
    long y = run.gpu.allocate(2L * T * WIDTH);
    long[] p = {run.halves(q), run.halves(k), run.halves(v), y};
    int shared = 3 * 64 * (WIDTH + 8) * 2;
    LaunchStatistics s =
        run.launch("attention_mma_bf16", size(T / 64, 1), size(128, 1), shared, p, T);
    float[] pairs = run.read(y, T * WIDTH / 2);
    float[] values = new float[T * WIDTH];
    for (int i = 0; i < pairs.length; i++) {
      int bits = Float.floatToRawIntBits(pairs[i]);
      values[2 * i] = Float.intBitsToFloat(bits << 16);
      values[2 * i + 1] = Float.intBitsToFloat(bits & 0xffff0000);
    }
    check(values, true, 2e-3, "mma");
    return s;
  }

  /** The kernels that ship, which also write the logarithm of each query's sum. */
  private LaunchStatistics shipped(boolean halves) {
    SimulatedArrays s = RowLadderTest.shipped(halves ? "flash" : "attention");
    float[][] inputs = {q, k, v};
    long[] x = new long[3];
    for (int i = 0; i < 3; i++) {
      x[i] = halves ? s.uploadBf16(inputs[i]) : s.upload(inputs[i]);
    }
    long y = s.allocate((halves ? 2L : 4L) * T * WIDTH);
    int[] shape = new int[9 + 3 * AttentionGradientLadderTest.AXES];
    System.arraycopy(new int[] {1, T, T, WIDTH, WIDTH, 1}, 0, shape, 0, 6);
    LaunchStatistics done =
        s.launch(
            halves ? "flash_forward_h64_bf16" : "attention_forward_h64_f32",
            size(halves ? T / 128 : T / 64, 1),
            size(halves ? 128 : 256, 1),
            // The tiles' sizes are those of CudaAttention.
            halves ? 384 * (WIDTH + 8) * 2 : 2 * TILE + 64 * 68 * 4,
            x[0],
            x[1],
            x[2],
            0L,
            0L,
            y,
            s.allocate(4L * T),
            shape,
            0.125f);
    float[] values = halves ? s.bf16(y, T * WIDTH) : s.floats(y, T * WIDTH);
    check(values, halves, halves ? 2e-3 : 1e-6, halves ? "flash" : "attention");
    return done;
  }

  @Test
  void eachStepSavesWhatItSays() throws Exception {
    LaunchStatistics naive = threePasses(false);
    LaunchStatistics tiled = threePasses(true);
    LaunchStatistics running = running();
    LaunchStatistics mma = mma();
    LaunchStatistics last = shipped(false);
    LaunchStatistics flash = shipped(true);
    long output = 4L * T * WIDTH;
    // Scores and output read 2 * 64 numbers for each score, the softmax 3.
    assertEquals((8 * WIDTH + 12 + 8 * WIDTH) * SQUARE, naive.globalLoadBytes());
    assertEquals(8 * SQUARE + output, naive.globalStoreBytes());
    assertEquals((8 + 8 + 8) * SQUARE, tiled.globalLoadBytes());
    assertEquals(8 * SQUARE + output, tiled.globalStoreBytes());
    assertEquals(output + 8 * SQUARE, running.globalLoadBytes());
    assertEquals(output, running.globalStoreBytes());
    assertEquals(running.globalLoadBytes() / 2, mma.globalLoadBytes());
    assertEquals(output / 2, mma.globalStoreBytes());
    assertTrue(tiled.warpInstructions() < 0.6 * naive.warpInstructions(), naive + " " + tiled);
    assertTrue(running.warpInstructions() < tiled.warpInstructions(), tiled + " " + running);
    assertTrue(mma.warpInstructions() < 0.3 * running.warpInstructions(), running + " " + mma);
    assertTrue(mma.sharedRequests() < 0.3 * running.sharedRequests(), running + " " + mma);
    assertTrue(mma.barriers() < running.barriers(), running + " " + mma);
    assertEquals(0, mma.bankConflicts());
    assertEquals(running.globalLoadBytes(), last.globalLoadBytes());
    assertEquals(output + 4 * T, last.globalStoreBytes());
    assertTrue(last.warpInstructions() < 1.2 * running.warpInstructions(), last + " " + running);
    // 128 queries share a tile of keys and values, not 64.
    assertEquals(3 * output / 2, flash.globalLoadBytes());
    assertEquals(output / 2 + 4 * T, flash.globalStoreBytes());
    assertTrue(flash.warpInstructions() < 1.3 * mma.warpInstructions(), flash + " " + mma);
    assertEquals(0, flash.bankConflicts());
  }
}
