package io.med3dinsight.kernels.ladder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.kernels.ptx.LaunchStatistics;
import org.junit.jupiter.api.Test;

/** Every step of the transport ladder computes the same and saves what its comment says. */
class SinkhornLadderTest {
  private static final int PROBLEMS = 2;
  private static final int B = 64;
  private static final int ITERATIONS = 6;
  private static final double SCALE = 10;
  private static final double LOG_MASS = Math.log(0.9);
  private static final long COST_BYTES = 4L * B * B;

  private final float[] cost = LadderRun.uniform(1, PROBLEMS * B * B);
  private LadderRun run;
  private long[] vectors;

  private void start() throws Exception {
    run = LadderRun.of("sinkhorn");
    vectors =
        new long[] {
          run.floats(cost),
          run.floats(new float[PROBLEMS * B]),
          run.floats(new float[PROBLEMS * B]),
          run.floats(new float[PROBLEMS])
        };
  }

  private LaunchStatistics launch(String kernel, long[] pointers, int... ints) {
    return run.launch(kernel, new int[] {PROBLEMS, 1, 1}, new int[] {B, 1, 1}, 0, pointers, ints);
  }

  private static int bits(double x) {
    return Float.floatToRawIntBits((float) x);
  }

  private LaunchStatistics naive() throws Exception {
    start();
    long[] rows = {vectors[0], vectors[1], vectors[2], vectors[3]};
    long[] columns = {vectors[0], vectors[2], vectors[1], vectors[3]};
    LaunchStatistics sum = null;
    for (int i = 0; i < ITERATIONS; i++) {
      LaunchStatistics s =
          launch("sinkhorn_naive_side_f32", rows, B, 1, bits(SCALE))
              .plus(launch("sinkhorn_naive_side_f32", columns, 1, B, bits(SCALE)))
              .plus(launch("sinkhorn_naive_mass_f32", rows, bits(LOG_MASS), bits(SCALE)));
      sum = sum == null ? s : sum.plus(s);
    }
    check("naive");
    return sum;
  }

  private LaunchStatistics block(String kernel, int launches) throws Exception {
    start();
    LaunchStatistics sum = null;
    for (int i = 0; i < launches; i++) {
      LaunchStatistics s =
          launch(kernel, vectors, ITERATIONS / launches, bits(LOG_MASS), bits(SCALE));
      sum = sum == null ? s : sum.plus(s);
    }
    check(kernel + " in " + launches + " launches");
    return sum;
  }

  private void check(String what) {
    for (int p = 0; p < PROBLEMS; p++) {
      double[] f = new double[B];
      double[] g = new double[B];
      double c = 0;
      for (int i = 0; i < ITERATIONS; i++) {
        c = iterate(p, f, g, c);
      }
      near(f, run.read(vectors[1] + 4L * p * B, B), what + ", f");
      near(g, run.read(vectors[2] + 4L * p * B, B), what + ", g");
      near(new double[] {c}, run.read(vectors[3] + 4L * p, 1), what + ", c");
    }
  }

  private double iterate(int p, double[] f, double[] g, double c) {
    for (int i = 0; i < B; i++) {
      double sum = 0;
      for (int j = 0; j < B; j++) {
        sum += Math.exp(g[j] - x(p, i, j));
      }
      f[i] = Math.min(0, -Math.log(B) - Math.log(sum) - c);
    }
    double all = 0;
    for (int j = 0; j < B; j++) {
      double sum = 0;
      for (int i = 0; i < B; i++) {
        sum += Math.exp(f[i] - x(p, i, j));
      }
      g[j] = Math.min(0, -Math.log(B) - Math.log(sum) - c);
      all += Math.exp(g[j]) * sum;
    }
    return LOG_MASS - Math.log(all);
  }

  private double x(int p, int i, int j) {
    return cost[(p * B + i) * B + j] * SCALE;
  }

  private static void near(double[] expected, float[] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], 5e-5, what + " at " + i);
    }
  }

  @Test
  void eachStepSavesWhatItSays() throws Exception {
    LaunchStatistics naive = naive();
    LaunchStatistics oneEach = block("sinkhorn_block_f32", ITERATIONS);
    LaunchStatistics whole = block("sinkhorn_block_f32", 1);
    LaunchStatistics products = block("sinkhorn_products_f32", 1);
    assertTrue(naive.globalLoadBytes() >= ITERATIONS * 6 * COST_BYTES * PROBLEMS, "" + naive);
    // The cost once, and each thread its f, g and c.
    long once = PROBLEMS * (COST_BYTES + 3 * 4 * B);
    assertEquals(ITERATIONS * once, oneEach.globalLoadBytes());
    assertEquals(once, whole.globalLoadBytes());
    assertEquals(once, products.globalLoadBytes());
    assertTrue(naive.globalLoadSectors() > 10 * oneEach.globalLoadSectors(), "" + naive);
    assertEquals(0, whole.bankConflicts());
    assertEquals(0, products.bankConflicts());
    assertTrue(whole.warpInstructions() < oneEach.warpInstructions(), "" + whole);
    assertTrue(products.warpInstructions() < 0.3 * whole.warpInstructions(), "" + products);
  }
}
