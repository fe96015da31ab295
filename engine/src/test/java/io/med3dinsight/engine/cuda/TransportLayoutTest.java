package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.PartialSinkhorn;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a transport problem's parts are, and how often its cost is then read. */
class TransportLayoutTest {
  private static final String EXACT = "transport_solve_f32";
  private static final String COMPACT = "transport_solve_compact_f32";
  private static final String COMPUTED = "transport_solve_computed_f32";

  private static int largest(int sharedKib, Predicate<TransportLayout> kept) {
    int n = 1;
    while (kept.test(TransportLayout.solver(n + 1, n + 1, sharedKib << 10))) {
      n++;
    }
    return n;
  }

  /** The table at the head of transport.cu. */
  @ParameterizedTest
  @CsvSource({
    "99, 64, 81, 97, 129, 157",
    "163, 84, 107, 128, 174, 203",
    "227, 100, 128, 155, 211, 240"
  })
  void theLargestSquareProblemsOfEachKind(
      int kib, int upper, int exact, int compact, int vectors, int cost) {
    assertEquals(upper, largest(kib, TransportLayout::upper));
    assertEquals(exact, largest(kib, p -> p.kernel().equals(EXACT)));
    assertEquals(compact, largest(kib, TransportLayout::matrix));
    assertEquals(vectors, largest(kib, p -> p.cost() && p.vectors()));
    assertEquals(cost, largest(kib, TransportLayout::cost));
    for (int n = 1; n < 400; n += 3) {
      int bytes = TransportLayout.solver(n, 400 - n, kib << 10).sharedBytes();
      assertTrue(bytes <= kib << 10, bytes + " bytes for " + n + " rows");
    }
  }

  /** What the solver's launch did; loads from the cost are those watched. */
  private static LaunchStatistics solved(int sharedKib, int n, int m, String kernel) {
    SplittableRandom r = new SplittableRandom(n);
    float[] cost = new float[n * m];
    for (int i = 0; i < cost.length; i++) {
      cost[i] = (float) r.nextDouble();
    }
    SimulatedDriver driver =
        new SimulatedDriver(SimulatorOptions.defaults().withSharedBytes(sharedKib << 10));
    CudaBackend cuda = new CudaBackend(driver, CudaOptions.DEFAULT.ownKernels(), true);
    try (Scope scope = Scope.open()) {
      Tensor c = Tensor.of(Device.of(cuda), cost, 1, n, m);
      driver.watch(cuda.address(c), 4L * n * m);
      Eager.run(new PartialSinkhorn(0.1, 0.9, Transport.MAX_ITERATIONS, Transport.TOLERANCE), c);
    }
    Map<String, LaunchStatistics> launched = driver.statistics();
    assertTrue(launched.containsKey(kernel), n + "x" + m + " took " + launched.keySet());
    return launched.get(kernel);
  }

  @ParameterizedTest
  @CsvSource({
    "99, 64, 64, " + EXACT,
    "99, 97, 97, " + COMPACT,
    "99, 130, 157, " + COMPUTED,
    "227, 128, 128, " + EXACT,
    "227, 160, 150, " + COMPACT,
    "227, 211, 211, " + COMPUTED,
    "227, 240, 240, " + COMPUTED
  })
  void theCostIsReadOnce(int sharedKib, int n, int m, String kernel) {
    LaunchStatistics s = solved(sharedKib, n, m, kernel);
    assertEquals(4L * n * m, s.watchedLoadBytes());
    if (TransportLayout.solver(n, m, sharedKib << 10).vectors()) {
      assertEquals(4L * n * m, s.globalLoadBytes(), "all that is read from device memory");
    }
  }

  /**
   * Seven sweeps: a kernel matrix computed at each use costs instructions, a streamed one loads.
   */
  @Test
  void whatComputingAndStreamingCost() {
    LaunchStatistics stored = solved(163, 128, 128, COMPACT);
    LaunchStatistics computed = solved(99, 128, 128, COMPUTED);
    LaunchStatistics streamed = solved(64, 128, 128, COMPACT);
    assertEquals(stored.globalLoadBytes(), computed.globalLoadBytes());
    assertEquals((3 + 2 * 7) * stored.globalLoadBytes(), streamed.globalLoadBytes());
    assertTrue(computed.warpInstructions() > 1.3 * stored.warpInstructions(), "" + computed);
    assertTrue(computed.warpInstructions() < 1.5 * stored.warpInstructions(), "" + computed);
  }

  /** For its bounds, for the kernel matrix, for the plan; as 256 x 256 on any device. */
  @Test
  void aStreamedCostIsReadThreeTimes() {
    assertFalse(TransportLayout.solver(256, 256, 227 << 10).cost());
    assertEquals(3 * 4L * 70 * 80, solved(20, 70, 80, COMPACT).watchedLoadBytes());
  }
}
