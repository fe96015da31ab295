package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The ladders of softmax and layer norm: every step computes the same and saves what it says. */
class RowLadderTest {
  private static final int ROWS = 64;

  static SimulatedArrays device(String ladder) throws IOException {
    try (InputStream in = RowLadderTest.class.getResourceAsStream("/ladder/" + ladder + ".ptx")) {
      String ptx = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new SimulatedArrays(SimulatorOptions.defaults(), ladder, ptx);
    }
  }

  static SimulatedArrays shipped(String family) {
    return new SimulatedArrays(SimulatorOptions.defaults(), family, Catalogue.ptx(family));
  }

  static float[] random(long seed, int n) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) r.nextDouble(-2, 2);
    }
    return v;
  }

  static void same(double[] expected, float[] actual, double tolerance, String what) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], tolerance, what + ", element " + i);
    }
  }

  // ---- softmax

  private static final int LONG = 512;

  private static double[] softmax(float[] x) {
    double[] y = new double[x.length];
    for (int r = 0; r < ROWS; r++) {
      double sum = 0;
      for (int i = 0; i < LONG; i++) {
        sum += Math.exp(x[r * LONG + i]);
      }
      for (int i = 0; i < LONG; i++) {
        y[r * LONG + i] = Math.exp(x[r * LONG + i]) / sum;
      }
    }
    return y;
  }

  private static LaunchStatistics softmax(SimulatedArrays s, String kernel, int perBlock)
      throws IOException {
    float[] x = random(1, ROWS * LONG);
    long in = s.upload(x);
    long out = s.allocate(4L * x.length);
    int blocks = ROWS / perBlock;
    LaunchStatistics count =
        kernel.equals("softmax_1024_f32")
            ? s.launch(kernel, blocks, 128, in, out, ROWS, LONG, 32, 0)
            : s.launch(kernel, blocks, perBlock == 4 ? 128 : perBlock, in, out, ROWS, LONG);
    same(softmax(x), s.floats(out, x.length), 1e-7, kernel);
    return count;
  }

  @Test
  void softmaxReadsEachElementOnceAndSixteenBytesAtATime() throws IOException {
    LaunchStatistics naive = softmax(device("softmax"), "softmax_naive_f32", 32);
    LaunchStatistics warp = softmax(device("softmax"), "softmax_warp_f32", 4);
    LaunchStatistics online = softmax(device("softmax"), "softmax_online_f32", 4);
    LaunchStatistics registers = softmax(device("softmax"), "softmax_registers_f32", 4);
    LaunchStatistics last = softmax(shipped("softmax"), "softmax_1024_f32", 4);
    long elements = (long) ROWS * LONG;
    assertEquals(3 * elements, naive.globalLoadSectors());
    assertEquals(3 * elements / 8, warp.globalLoadSectors());
    assertEquals(2 * elements / 8, online.globalLoadSectors());
    assertEquals(elements / 8, registers.globalLoadSectors());
    assertEquals(elements / 8, last.globalLoadSectors());
    assertEquals(elements / 32, registers.globalLoadRequests());
    assertEquals(elements / 128, last.globalLoadRequests());
    assertTrue(registers.warpInstructions() < warp.warpInstructions(), "one exponential, not two");
    assertTrue(last.warpInstructions() < registers.warpInstructions(), "fewer addresses");
  }

  // ---- layer norm

  private static final int N = 96;
  private static final float EPS = 1e-5f;

  private final float[] x = random(2, ROWS * N);
  private final float[] gamma = random(3, N);
  private final float[] g = random(4, ROWS * N);
  private final double[] dx = new double[ROWS * N];
  private final double[] dgamma = new double[N];
  private final double[] dbeta = new double[N];

  private void reference() {
    for (int o = 0; o < ROWS * N; o += N) {
      double mean = 0;
      double square = 0;
      for (int i = 0; i < N; i++) {
        mean += x[o + i] / (double) N;
      }
      for (int i = 0; i < N; i++) {
        square += Math.pow(x[o + i] - mean, 2) / N;
      }
      double scale = 1 / Math.sqrt(square + EPS);
      double m1 = 0;
      double m2 = 0;
      for (int i = 0; i < N; i++) {
        double h = (x[o + i] - mean) * scale;
        m1 += g[o + i] * gamma[i] / (double) N;
        m2 += g[o + i] * gamma[i] * h / N;
        dgamma[i] += g[o + i] * h;
        dbeta[i] += g[o + i];
      }
      for (int i = 0; i < N; i++) {
        dx[o + i] = scale * (g[o + i] * gamma[i] - m1 - (x[o + i] - mean) * scale * m2);
      }
    }
  }

  private LaunchStatistics twoKernels(String kernel, int rowsPerBlock) throws IOException {
    SimulatedArrays s = device("layernorm");
    long[] in = {s.upload(x), s.upload(gamma), s.upload(g)};
    long d = s.allocate(4L * x.length);
    long mean = s.allocate(4 * ROWS);
    long rstd = s.allocate(4 * ROWS);
    long a = s.allocate(4 * N);
    long b = s.allocate(4 * N);
    LaunchStatistics first =
        s.launch(
            kernel,
            ROWS / rowsPerBlock,
            rowsPerBlock == 4 ? 128 : rowsPerBlock,
            in[0],
            in[1],
            in[2],
            d,
            mean,
            rstd,
            ROWS,
            N,
            EPS);
    LaunchStatistics second =
        s.launch("layernorm_columns_f32", 1, N, in[0], in[2], mean, rstd, a, b, ROWS, N);
    check(s, d, a, b, kernel);
    return first.plus(second);
  }

  private LaunchStatistics shippedGradient() {
    SimulatedArrays s = shipped("norm");
    int lanes = 16;
    int blocks = 2;
    long[] in = {s.upload(x), s.upload(gamma), s.upload(g)};
    long d = s.allocate(4L * x.length);
    long partial = s.allocate(8L * N * blocks);
    long a = s.allocate(4 * N);
    long b = s.allocate(4 * N);
    LaunchStatistics first =
        s.launch(
            "norm_layergradient256_f32",
            new int[] {blocks, 1, 1},
            new int[] {128, 1, 1},
            4 * 8 * N,
            in[0],
            in[1],
            in[2],
            d,
            partial,
            ROWS,
            N,
            lanes,
            EPS);
    LaunchStatistics second =
        s.launch("norm_fold_f32", (2 * N + 31) / 32, 1024, partial, a, b, blocks, N);
    check(s, d, a, b, "norm_layergradient256_f32");
    return first.plus(second);
  }

  private void check(SimulatedArrays s, long d, long a, long b, String what) {
    same(dx, s.floats(d, ROWS * N), 2e-5, what + " dx");
    same(dgamma, s.floats(a, N), 2e-5, what + " dgamma");
    same(dbeta, s.floats(b, N), 2e-5, what + " dbeta");
  }

  @Test
  void layerNormGradientReadsXAndGOnce() throws IOException {
    reference();
    LaunchStatistics naive = twoKernels("layernorm_naive_f32", 32);
    LaunchStatistics warp = twoKernels("layernorm_warp_f32", 4);
    LaunchStatistics last = shippedGradient();
    long sectors = 2L * ROWS * N / 8;
    assertTrue(warp.globalLoadSectors() < naive.globalLoadSectors() / 4, "" + warp);
    assertTrue(last.globalLoadSectors() < warp.globalLoadSectors() / 2, "" + last);
    // x and g once, gamma for every two rows, the partial sums.
    long most = sectors + (long) ROWS / 2 * N / 8 + 2L * 2 * N / 8;
    assertTrue(last.globalLoadSectors() <= most, last + ", expected at most " + most);
    assertTrue(last.globalLoadRequests() < warp.globalLoadRequests() / 4, "" + last);
  }
}
