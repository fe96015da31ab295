package io.med3dinsight.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Loss and gradients of a whole network are the same bits, whatever runs them and beside what. */
class ReproducibilityTest {
  static Stream<Kernels> kernels() {
    return Stream.of(Kernels.scalar(), Kernels.simd());
  }

  /** Guards start buffers as NaN, so that a read of what another thread left behind is seen. */
  private static Device device(int threads, Kernels kernels) {
    return Device.of(new CpuBackend(threads, kernels, true));
  }

  private static Map<String, float[]> alone(int threads, Kernels kernels, boolean recompute) {
    try (MixedNet net = new MixedNet(Setup.of(device(threads, kernels), 3))) {
      net.recompute = recompute;
      Map<String, float[]> result = net.step(11);
      net.namedBuffers().forEach((name, b) -> result.put(name, b.toFloats()));
      return result;
    }
  }

  private static void same(Map<String, float[]> expected, Map<String, float[]> got, String what) {
    assertEquals(expected.keySet(), got.keySet(), what);
    expected.forEach((name, v) -> assertArrayEquals(v, got.get(name), name + ", " + what));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void threadsChangeNothing(Kernels kernels) {
    Map<String, float[]> one = alone(1, kernels, false);
    one.forEach(
        (name, v) -> {
          for (float e : v) {
            assertFalse(Float.isNaN(e), name);
          }
        });
    for (int threads : new int[] {2, 3, 5}) {
      same(one, alone(threads, kernels, false), threads + " threads");
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void recomputingChangesNothing(Kernels kernels) {
    same(alone(2, kernels, false), alone(2, kernels, true), "recomputed");
  }

  @Test
  void anotherInputGivesOtherGradients() {
    try (MixedNet net = new MixedNet(Setup.of(device(2, Kernels.simd()), 3))) {
      assertFalse(Arrays.equals(net.step(11).get("stem.weight"), net.step(12).get("stem.weight")));
    }
  }

  /** Networks of their own on one device, trained at once on threads of the caller's. */
  @Test
  void callersOnOneDeviceDoNotDisturbEachOther() throws Exception {
    Device shared = device(2, Kernels.simd());
    int callers = 3;
    List<Map<String, float[]>> expected = new ArrayList<>();
    for (int c = 0; c < callers; c++) {
      try (MixedNet net = new MixedNet(Setup.of(device(1, Kernels.simd()), c))) {
        expected.add(net.step(c));
      }
    }
    CyclicBarrier start = new CyclicBarrier(callers);
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      List<Callable<List<Map<String, float[]>>>> work = new ArrayList<>();
      for (int c = 0; c < callers; c++) {
        int caller = c;
        work.add(() -> steps(shared, caller, start));
      }
      List<Future<List<Map<String, float[]>>>> results = threads.invokeAll(work);
      for (int c = 0; c < callers; c++) {
        for (Map<String, float[]> got : results.get(c).get()) {
          same(expected.get(c), got, "caller " + c);
        }
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(0, shared.backend().memory().active(), "bytes left behind");
  }

  private static List<Map<String, float[]>> steps(Device device, int caller, CyclicBarrier start)
      throws Exception {
    List<Map<String, float[]>> results = new ArrayList<>();
    try (MixedNet net = new MixedNet(Setup.of(device, caller))) {
      net.recompute = caller == 1;
      start.await();
      for (int i = 0; i < 4; i++) {
        results.add(net.step(caller));
      }
    }
    return results;
  }

  /** One network, whose parameters several threads read at once. */
  @Test
  void oneModelServesSeveralCallers() throws Exception {
    Device shared = device(2, Kernels.simd());
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (MixedNet net = new MixedNet(Setup.of(shared, 1))) {
      net.train(false);
      float[][] expected = {net.scores(0), net.scores(1), net.scores(2)};
      List<Callable<float[]>> work = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        int seed = i % 3;
        work.add(() -> net.scores(seed));
      }
      List<Future<float[]>> results = threads.invokeAll(work);
      for (int i = 0; i < results.size(); i++) {
        assertArrayEquals(expected[i % 3], results.get(i).get(), "call " + i);
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(0, shared.backend().memory().active(), "bytes left behind");
  }
}
