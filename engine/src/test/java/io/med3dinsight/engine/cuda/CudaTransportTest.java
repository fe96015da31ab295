package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.PartialSinkhorn;
import io.med3dinsight.engine.op.PartialSinkhornGradient;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Transport's kernels on the simulator beside the CPU: each way that memory is laid out. */
class CudaTransportTest {
  private static final String[] NAMES = {"plan", "log plan", "f", "g", "c"};

  private final Device device = withShared(SimulatorOptions.LEAST_SHARED_BYTES);
  private final Device host = Device.of(new CpuBackend(2, Kernels.scalar(), true));

  /** A simulated device that gives a block so much shared memory. */
  private static Device withShared(int bytes) {
    SimulatorOptions options = SimulatorOptions.defaults().withHostThreads(2);
    return Device.of(
        new CudaBackend(
            new SimulatedDriver(options.withSharedBytes(bytes)),
            CudaOptions.DEFAULT.ownKernels(),
            true));
  }

  private static float[] costs(int problems, int n, int m, boolean aligned) {
    SplittableRandom r = new SplittableRandom(n * 1000L + m);
    float[] c = new float[problems * n * m];
    for (int i = 0; i < c.length; i++) {
      boolean pair = i / m % n == i % m;
      double x = r.nextDouble();
      c[i] = (float) (!aligned ? x : pair ? 0.2 + 0.1 * x : 0.85 + 0.15 * x);
    }
    return c;
  }

  private static float[][] solve(
      Device device, float[] cost, int n, int m, double epsilon, double mass, boolean ofLog) {
    int problems = cost.length / (n * m);
    SplittableRandom r = new SplittableRandom(5);
    float[] g = new float[cost.length];
    for (int i = 0; i < g.length; i++) {
      g[i] = (float) r.nextDouble(-1, 1) / n;
    }
    try (Scope scope = Scope.open()) {
      Tensor[] out =
          Eager.run(
              new PartialSinkhorn(epsilon, mass, Transport.MAX_ITERATIONS, Transport.TOLERANCE),
              Tensor.of(device, cost, problems, n, m));
      Tensor of = Tensor.of(device, g, problems, n, m);
      Tensor[] in = {out[0], out[2], out[3], of, of};
      Tensor grad =
          Eager.run1(
              new PartialSinkhornGradient(epsilon, true, ofLog), Arrays.copyOf(in, ofLog ? 5 : 4));
      float[][] values = new float[out.length + 1][];
      for (int i = 0; i < out.length; i++) {
        values[i] = out[i].toFloats();
      }
      values[out.length] = grad.toFloats();
      return values;
    }
  }

  private void compare(
      float[] cost, int n, int m, double epsilon, double mass, boolean ofLog, double tolerance) {
    compare(device, cost, n, m, epsilon, mass, ofLog, tolerance);
  }

  private void compare(
      Device device,
      float[] cost,
      int n,
      int m,
      double epsilon,
      double mass,
      boolean ofLog,
      double tolerance) {
    float[][] expected = solve(host, cost, n, m, epsilon, mass, ofLog);
    float[][] actual = solve(device, cost, n, m, epsilon, mass, ofLog);
    String what = n + "x" + m + ", eps " + epsilon + ", mass " + mass + ": ";
    near(expected[0], actual[0], tolerance, what + "plan");
    near(expected[1], actual[1], tolerance, what + "log plan");
    near(expected[6], actual[6], 20 * tolerance, what + "gradient");
    if (mass < 1) {
      for (int i = 2; i < 5; i++) {
        near(expected[i], actual[i], 1, 20 * tolerance, what + NAMES[i]);
      }
    }
  }

  /** Differences relative to the largest value; potentials are in units of epsilon. */
  private static void near(float[] expected, float[] actual, double tolerance, String what) {
    near(expected, actual, 1e-30, tolerance, what);
  }

  private static void near(
      float[] expected, float[] actual, double least, double tolerance, String what) {
    double scale = least;
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      scale = Math.max(scale, Math.abs(expected[i]));
      worst = Math.max(worst, Math.abs(expected[i] - actual[i]));
    }
    assertTrue(worst <= tolerance * scale, what + " is off by " + worst / scale);
  }

  /** All in shared memory; some of it in scratch; the kernel in float; the kernel streamed. */
  @ParameterizedTest
  @CsvSource({
    "3, 1, 1, 1e-6",
    "5, 7, 3, 1e-6",
    "2, 64, 64, 1e-6",
    "3, 100, 37, 1e-6",
    "2, 37, 100, 2e-6",
    "1, 120, 110, 2e-6",
    "1, 256, 256, 4e-6"
  })
  void sizesOfEveryPathMatchTheCpu(int problems, int n, int m, double tolerance) {
    compare(costs(problems, n, m, false), n, m, 0.1, 0.9, true, tolerance);
  }

  @Test
  void aSizeBeyondSharedMemoryStreams() {
    compare(costs(1, 300, 280, false), 300, 280, 0.2, 0.8, true, 4e-6);
  }

  /**
   * Where sweeps all but stall, and where costs span far more than the entropy's weight. Which of
   * the two potentials of a pair that has only each other is active is a matter of rounding then,
   * and with it the logarithm of entries of e^-50 and its gradient; the plan and its gradient are
   * not.
   */
  @ParameterizedTest
  @CsvSource({
    "24, 24, 0.03, 0.95",
    "24, 24, 0.01, 0.5",
    "16, 20, 0.01, 0.999",
    "12, 12, 0.03, 1",
    "10, 10, 0.002, 0.9"
  })
  void alignedCostsConvergeByNewtonSteps(int n, int m, double epsilon, double mass) {
    compare(costs(2, n, m, true), n, m, epsilon, mass, false, 2e-6);
  }

  /**
   * The same small problems where a block has so little shared memory that the kernel matrix is
   * kept in single precision, computed at each use, with the vectors in scratch too, or streamed:
   * Newton steps, lowered epsilon and outgrown multipliers in each of these.
   */
  @ParameterizedTest
  @CsvSource({
    "12000, transport_solve_compact_f32, true",
    "9800, transport_solve_computed_f32, true",
    "4000, transport_solve_computed_f32, false",
    "3000, transport_solve_compact_f32, false"
  })
  void alignedCostsConvergeWhereverTheirPartsAre(int shared, String kernel, boolean vectors) {
    TransportLayout layout = TransportLayout.solver(24, 24, shared);
    assertEquals(kernel, layout.kernel());
    assertEquals(vectors, layout.vectors());
    Device small = withShared(shared);
    compare(small, costs(2, 24, 24, true), 24, 24, 0.03, 0.95, false, 4e-6);
    compare(small, costs(2, 24, 24, true), 24, 24, 0.01, 0.5, false, 4e-6);
    compare(small, costs(2, 24, 24, true), 24, 24, 0.002, 0.9, false, 1e-5);
    compare(small, costs(2, 24, 24, true), 24, 24, 0.03, 1, false, 4e-6);
  }

  @Test
  void theSameBitsEachTimeWhateverTheBatch() {
    float[] c = costs(5, 24, 24, true);
    float[][] together = solve(device, c, 24, 24, 0.03, 0.95, true);
    for (int p = 0; p < 5; p++) {
      float[] one = Arrays.copyOfRange(c, p * 576, (p + 1) * 576);
      float[] alone = solve(device, one, 24, 24, 0.03, 0.95, true)[0];
      assertArrayEquals(alone, Arrays.copyOfRange(together[0], p * 576, (p + 1) * 576), 0f);
    }
  }

  @Test
  void impossibleProblemsGiveNanOrAnError() {
    float[] c = costs(3, 4, 4, false);
    c[20] = Float.POSITIVE_INFINITY;
    float[][] r = solve(device, c, 4, 4, 0.1, 0.9, true);
    for (int i = 0; i < 48; i++) {
      assertEquals(i / 16 == 1, Float.isNaN(r[0][i]), "plan at " + i);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> solve(device, costs(1, 4, 4, false), 4, 4, 0.1, 1.1, true));
    try (Scope scope = Scope.open()) {
      Tensor[] out =
          Eager.run(
              new PartialSinkhorn(0.1, 0.9, 100, 1e-9),
              Tensor.of(device, costs(2, 2, 2, false), 2, 2, 2),
              Tensor.of(device, new float[] {0.5f, 0.5f, 0.5f, 0.1f}, 2, 2),
              Tensor.of(device, new float[] {0.5f, 0.5f, 0.5f, 0.5f}, 2, 2));
      float[] plan = out[0].toFloats();
      assertTrue(plan[0] > 0 && Float.isNaN(plan[4]), "the second has too little mass");
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 33, 70, 100", "1, 5, 3, 1", "1, 40, 40, 512"})
  void distancesMatchTheCpu(int problems, int n, int m, int width) {
    float[] u = costs(problems, n, width, false);
    float[] v = costs(problems, m, width, false);
    try (Scope scope = Scope.open()) {
      float[][] d = new float[2][];
      Device[] devices = {host, device};
      for (int i = 0; i < 2; i++) {
        d[i] =
            Transport.pairwiseDistance(
                    Tensor.of(devices[i], u, problems, n, width),
                    Tensor.of(devices[i], v, problems, m, width))
                .toFloats();
      }
      near(d[0], d[1], 5e-7, "distances");
    }
  }
}
