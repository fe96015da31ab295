package io.med3dinsight.engine.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * What must hold for every entropic partial transport plan, and the errors for input that has none.
 */
class PartialSinkhornTest {
  private static final double[] EPSILONS = {0.01, 0.03, 0.1, 1};
  private static final double[] MASSES = {0.1, 0.5, 0.95, 0.999, 1};
  private final Device device = Device.of(new CpuBackend(2, Kernels.scalar(), true));

  /**
   * Random costs, or (aligned) small on the diagonal and nearly constant off it, where plain sweeps
   * all but stall.
   */
  private static float[] cost(SplittableRandom r, int n, int m, boolean aligned) {
    float[] c = new float[n * m];
    for (int i = 0; i < c.length; i++) {
      c[i] =
          aligned
              ? (float) (i / m == i % m ? 0.2 + 0.1 * r.nextDouble() : 0.85 + 0.15 * r.nextDouble())
              : (float) r.nextDouble();
    }
    return c;
  }

  private float[][] solve(float[] cost, int problems, int n, int m, double epsilon, double mass) {
    try (Scope scope = Scope.open()) {
      Tensor[] out =
          Eager.run(
              new PartialSinkhorn(epsilon, mass, 1000, 1e-9),
              Tensor.of(device, cost, problems, n, m));
      float[][] values = new float[out.length][];
      for (int i = 0; i < out.length; i++) {
        values[i] = out[i].toFloats();
      }
      return values;
    }
  }

  /**
   * Feasibility and complementary slackness together are proof of optimality: with P of the form
   * exp(-C/eps + f + g + c), f, g <= 0, the duality gap is the sum of |f_i| (a_i - r_i) and |g_j|
   * (b_j - q_j).
   */
  @Test
  void everyPlanIsFeasibleAndOptimal() {
    SplittableRandom r = new SplittableRandom(1);
    for (int[] size : new int[][] {{1, 1}, {2, 2}, {7, 4}, {24, 24}, {33, 64}}) {
      for (double epsilon : EPSILONS) {
        for (double mass : MASSES) {
          for (boolean aligned : new boolean[] {false, true}) {
            float[][] out =
                solve(cost(r, size[0], size[1], aligned), 1, size[0], size[1], epsilon, mass);
            String what =
                size[0]
                    + "x"
                    + size[1]
                    + ", eps "
                    + epsilon
                    + ", mass "
                    + mass
                    + ", aligned "
                    + aligned;
            checkOptimal(out, size[0], size[1], mass, 1e-5, what);
            assertTrue(out[5][0] < 100, what + " took " + out[5][0] + " iterations");
          }
        }
      }
    }
  }

  private static void checkOptimal(
      float[][] out, int n, int m, double mass, double gapTolerance, String what) {
    double[] rows = new double[n];
    double[] columns = new double[m];
    double total = 0;
    for (int i = 0; i < n * m; i++) {
      assertTrue(out[0][i] >= 0, what);
      rows[i / m] += out[0][i];
      columns[i % m] += out[0][i];
      total += out[0][i];
    }
    assertEquals(mass, total, 1e-6, what);
    double gap = slack(rows, out[2], what) + slack(columns, out[3], what);
    if (mass < 1) {
      assertEquals(0, gap, gapTolerance, what + ": duality gap");
    }
  }

  private static double slack(double[] sums, float[] potentials, String what) {
    double gap = 0;
    for (int i = 0; i < sums.length; i++) {
      double bound = 1.0 / sums.length;
      assertTrue(sums[i] <= bound * (1 + 1e-6), what + ": sum " + sums[i]);
      assertTrue(potentials[i] <= 0, what + ": potential " + potentials[i]);
      gap += Math.abs(potentials[i] * (bound - sums[i]));
    }
    return gap;
  }

  @Test
  void permutingRowsAndColumnsPermutesThePlan() {
    int n = 12;
    float[] c = cost(new SplittableRandom(2), n, n, false);
    float[] moved = new float[n * n];
    for (int i = 0; i < n * n; i++) {
      moved[(i / n * 5 + 3) % n * n + (i % n * 7 + 1) % n] = c[i];
    }
    float[] plan = solve(c, 1, n, n, 0.03, 0.9)[0];
    float[] planMoved = solve(moved, 1, n, n, 0.03, 0.9)[0];
    for (int i = 0; i < n * n; i++) {
      assertEquals(plan[i], planMoved[(i / n * 5 + 3) % n * n + (i % n * 7 + 1) % n], 1e-7f);
    }
  }

  @Test
  void addingAConstantToTheCostChangesNothing() {
    float[] c = cost(new SplittableRandom(3), 9, 9, false);
    float[] shifted = c.clone();
    for (int i = 0; i < c.length; i++) {
      // Multiples of 2^-10 keep the sum exact in float32.
      c[i] = Math.round(c[i] * 1024) / 1024f;
      shifted[i] = c[i] + 64;
    }
    assertArrayEquals(
        solve(c, 1, 9, 9, 0.05, 0.8)[0], solve(shifted, 1, 9, 9, 0.05, 0.8)[0], 1e-6f);
  }

  @Test
  void aMassNearOneTendsToFullTransport() {
    float[] c = cost(new SplittableRandom(4), 16, 16, false);
    float[] full = solve(c, 1, 16, 16, 0.05, 1)[0];
    double last = Double.POSITIVE_INFINITY;
    for (double mass : new double[] {0.9, 0.99, 0.999, 0.9999, 0.99999}) {
      double d = distance(full, solve(c, 1, 16, 16, 0.05, mass)[0]);
      assertTrue(d < last, "distance " + d + " at mass " + mass);
      last = d;
    }
    assertTrue(last < 2e-4, "distance " + last);
  }

  @Test
  void asTheEntropyVanishesThePlanTendsToTheAssignment() {
    int n = 8;
    float[] c = cost(new SplittableRandom(5), n, n, true);
    float[] plan = solve(c, 1, n, n, 0.001, 1)[0];
    for (int i = 0; i < n * n; i++) {
      assertEquals(i / n == i % n ? 1.0 / n : 0, plan[i], 1e-6);
    }
  }

  @Test
  void costsFarBeyondTheRangeOfExpStayFinite() {
    float[] c = cost(new SplittableRandom(6), 10, 10, false);
    for (int i = 0; i < c.length; i++) {
      c[i] *= 5000;
    }
    float[][] out = solve(c, 1, 10, 10, 0.5, 0.95);
    // Potentials of a thousand and more, rounded to float32, leave this much of the gap unseen.
    checkOptimal(out, 10, 10, 0.95, 1e-3, "range 10000");
    for (float v : out[1]) {
      assertTrue(Float.isFinite(v));
    }
  }

  @Test
  void problemsDoNotSeeEachOtherNorTheThreads() {
    float[] c = cost(new SplittableRandom(7), 11 * 6, 6, false);
    float[][] together = solve(c, 11, 6, 6, 0.03, 0.95);
    for (int p = 0; p < 11; p++) {
      float[] alone =
          solve(java.util.Arrays.copyOfRange(c, p * 36, (p + 1) * 36), 1, 6, 6, 0.03, 0.95)[0];
      assertArrayEquals(alone, java.util.Arrays.copyOfRange(together[0], p * 36, (p + 1) * 36));
    }
  }

  @Test
  void impossibleProblemsAreRefusedInOneSentence() {
    refused("epsilon", () -> new PartialSinkhorn(0, 0.9, 10, 1e-6));
    refused("epsilon", () -> new PartialSinkhorn(-0.03, 0.9, 10, 1e-6));
    refused("epsilon", () -> new PartialSinkhorn(Double.NaN, 0.9, 10, 1e-6));
    refused("mass", () -> new PartialSinkhorn(0.03, 0, 10, 1e-6));
    refused("mass", () -> new PartialSinkhorn(0.03, Double.NaN, 10, 1e-6));
    refused("maxIterations", () -> new PartialSinkhorn(0.03, 0.9, 0, 1e-6));
    refused("tolerance", () -> new PartialSinkhorn(0.03, 0.9, 10, -1));
    refused("more than its marginals hold", () -> solve(new float[4], 1, 2, 2, 0.1, 1.1));
    refused(
        "problem 1 at row 0, column 1 is NaN",
        () -> solve(new float[] {0, 0, 0, 0, 0, Float.NaN, 0, 0}, 2, 2, 2, 0.1, 0.9));
    assertThrows(ShapeException.class, () -> solve(new float[0], 1, 0, 2, 0.1, 0.9));
  }

  private static void refused(String text, Runnable body) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, body::run);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }

  private static double distance(float[] a, float[] b) {
    double d = 0;
    for (int i = 0; i < a.length; i++) {
      d = Math.max(d, Math.abs(a[i] - b[i]));
    }
    return d * Math.sqrt(a.length);
  }
}
