package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Every step of the ladder of attention's gradient computes the same and saves what it says. */
class AttentionGradientLadderTest {
  private static final int T = 128;
  private static final int WIDTH = 64;
  private static final int SIZE = T * WIDTH;
  private static final long SQUARE = (long) T * T;
  private static final float SCALE = 0.125f;

  /** Leading axes that the kernels take. */
  static final int AXES = 6;

  /** Bytes of shared memory of two tiles of 64 rows. */
  private static final int TILES = 2 * 64 * (WIDTH + 4) * 4;

  /** Inputs that bf16 holds exactly, so that all steps have the same reference. */
  private final float[] q = halves(1);

  private final float[] k = halves(2);
  private final float[] v = halves(3);
  private final float[] g = halves(4);

  private final float[] p = new float[T * T];
  private final float[] logSum = new float[T];
  private final float[] delta = new float[T];
  private final double[] dq = new double[SIZE];
  private final double[] dk = new double[SIZE];
  private final double[] dv = new double[SIZE];

  private static float[] halves(long seed) {
    float[] x = LadderRun.uniform(seed, SIZE);
    for (int i = 0; i < x.length; i++) {
      x[i] = LadderRun.bfloat16(x[i]);
    }
    return x;
  }

  AttentionGradientLadderTest() {
    for (int i = 0; i < T; i++) {
      row(i);
    }
  }

  private static double dot(float[] a, int i, float[] b, int j) {
    double sum = 0;
    for (int e = 0; e < WIDTH; e++) {
      sum += (double) a[i * WIDTH + e] * b[j * WIDTH + e];
    }
    return sum;
  }

  /** What the query of this row adds to the gradients. */
  private void row(int i) {
    double[] weight = new double[T];
    double[] gv = new double[T];
    double sum = 0;
    for (int j = 0; j < T; j++) {
      weight[j] = Math.exp(SCALE * dot(q, i, k, j));
      gv[j] = dot(g, i, v, j);
      sum += weight[j];
    }
    double mean = 0;
    for (int j = 0; j < T; j++) {
      weight[j] /= sum;
      mean += weight[j] * gv[j];
      p[i * T + j] = (float) weight[j];
    }
    logSum[i] = (float) Math.log(sum);
    delta[i] = (float) mean;
    for (int j = 0; j < T; j++) {
      double ds = SCALE * weight[j] * (gv[j] - mean);
      for (int e = 0; e < WIDTH; e++) {
        dv[j * WIDTH + e] += weight[j] * g[i * WIDTH + e];
        dq[i * WIDTH + e] += ds * k[j * WIDTH + e];
        dk[j * WIDTH + e] += ds * q[i * WIDTH + e];
      }
    }
  }

  private void check(float[] actualQ, float[] actualK, float[] actualV, double tol, String what) {
    RowLadderTest.same(dq, actualQ, tol, what + ", dq");
    RowLadderTest.same(dk, actualK, tol, what + ", dk");
    RowLadderTest.same(dv, actualV, tol, what + ", dv");
  }

  /** Weights and their gradients in memory: four kernels. */
  private LaunchStatistics inMemory(boolean tiled) throws IOException {
    SimulatedArrays s = LadderFile.load("attentiongradient");
    String name = "attentiongradient_" + (tiled ? "tiled_" : "naive_");
    int side = tiled ? T / 64 : T / 16;
    int[] threads = tiled ? new int[] {256, 1, 1} : new int[] {16, 16, 1};
    int[] grid = {tiled ? T / 64 : T, 1, 1};
    int[] block = {tiled ? 256 : 64, 1, 1};
    int shared = tiled ? TILES : 0;
    long weights = s.upload(p);
    long ds = s.allocate(4 * SQUARE);
    long[] out = {s.allocate(4L * SIZE), s.allocate(4L * SIZE), s.allocate(4L * SIZE)};
    long grad = s.upload(g);
    LaunchStatistics done =
        s.launch(
            name + "scores_f32",
            new int[] {side, side, 1},
            threads,
            shared,
            weights,
            grad,
            s.upload(v),
            s.upload(delta),
            ds,
            T);
    done = done.plus(s.launch(name + "rows_f32", grid, block, shared, ds, s.upload(k), out[0], T));
    done =
        done.plus(s.launch(name + "columns_f32", grid, block, shared, ds, s.upload(q), out[1], T));
    done = done.plus(s.launch(name + "columns_f32", grid, block, shared, weights, grad, out[2], T));
    check(s.floats(out[0], SIZE), s.floats(out[1], SIZE), s.floats(out[2], SIZE), 2e-6, name);
    return done;
  }

  /** Weights computed anew: two kernels. */
  private LaunchStatistics shipped(boolean halves) {
    SimulatedArrays s = RowLadderTest.shipped(halves ? "flash" : "attention");
    String name = halves ? "flash_" : "attention_";
    String type = halves ? "_h64_bf16" : "_h64_f32";
    int[] grid = {T / 64, 1, 1};
    int[] block = {halves ? 128 : 256, 1, 1};
    // The tiles' sizes are those of CudaAttention.
    int keysShared =
        halves ? 384 * (WIDTH + 8) * 2 + 16 * 64 : 192 * (WIDTH + 4) * 4 + 2 * 32 * 68 * 4;
    int queriesShared = halves ? 384 * (WIDTH + 8) * 2 : 192 * (WIDTH + 4) * 4 + 64 * 36 * 4;
    int[] shape = new int[9 + 3 * AXES];
    System.arraycopy(new int[] {1, T, T, WIDTH, WIDTH, 1}, 0, shape, 0, 6);
    long[] x = new long[4];
    float[][] inputs = {q, k, v, g};
    for (int i = 0; i < x.length; i++) {
      x[i] = halves ? s.uploadBf16(inputs[i]) : s.upload(inputs[i]);
    }
    long log = s.upload(logSum);
    long mean = s.upload(delta);
    int bytes = (halves ? 2 : 4) * SIZE;
    long[] out = {s.allocate(bytes), s.allocate(bytes), s.allocate(bytes)};
    LaunchStatistics keys =
        s.launch(
            name + "keys" + type,
            grid,
            block,
            keysShared,
            x[0],
            x[1],
            x[2],
            0L,
            0L,
            log,
            mean,
            x[3],
            out[1],
            out[2],
            shape,
            SCALE);
    LaunchStatistics queries =
        s.launch(
            name + "queries" + type,
            grid,
            block,
            queriesShared,
            x[0],
            x[1],
            x[2],
            0L,
            0L,
            log,
            mean,
            x[3],
            out[0],
            shape,
            SCALE);
    float[][] y = new float[3][];
    for (int i = 0; i < 3; i++) {
      y[i] = halves ? s.bf16(out[i], SIZE) : s.floats(out[i], SIZE);
    }
    // Gradients are below 1/4: an error of 1e-3 is one unit of bf16's last place.
    check(y[0], y[1], y[2], halves ? 1e-3 : 2e-6, name);
    return keys.plus(queries);
  }

  @Test
  void eachStepSavesWhatItSays() throws IOException {
    LaunchStatistics naive = inMemory(false);
    LaunchStatistics tiled = inMemory(true);
    LaunchStatistics last = shipped(false);
    LaunchStatistics flash = shipped(true);
    assertEquals(4 * SQUARE + 12L * SIZE, naive.globalStoreBytes());
    assertEquals(4 * SQUARE + 12L * SIZE, tiled.globalStoreBytes());
    assertEquals(12L * SIZE, last.globalStoreBytes());
    assertEquals(6L * SIZE, flash.globalStoreBytes());
    // ds reads 2 * 64 numbers, p and delta for each score, each of three products 2 * 64.
    assertEquals((4 * (8L * WIDTH) + 8) * SQUARE, naive.globalLoadBytes());
    assertTrue(tiled.globalLoadBytes() < 0.02 * naive.globalLoadBytes(), tiled + " " + naive);
    assertTrue(tiled.warpInstructions() < 0.2 * naive.warpInstructions(), tiled + " " + naive);
    // Weights computed anew, in both kernels, cost products and spare memory.
    assertTrue(last.globalLoadBytes() < 0.85 * tiled.globalLoadBytes(), last + " " + tiled);
    assertTrue(last.warpInstructions() < 2 * tiled.warpInstructions(), last + " " + tiled);
    assertTrue(flash.globalLoadBytes() < 0.45 * last.globalLoadBytes(), flash + " " + last);
    assertTrue(flash.warpInstructions() < 0.12 * last.warpInstructions(), flash + " " + last);
    assertEquals(0, flash.bankConflicts());
  }
}
