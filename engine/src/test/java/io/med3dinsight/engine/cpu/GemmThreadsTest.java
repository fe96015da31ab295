package io.med3dinsight.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Matrix products are the same bits for any number of threads. */
class GemmThreadsTest {
  @ParameterizedTest
  @CsvSource({
    "1, 300, 200, 150, false",
    "1, 24, 17, 20000, true",
    "1, 5000, 33, 16, false",
    "40, 64, 64, 32, false",
    "3, 150, 90, 100, true",
  })
  void sameBits(int batch, int m, int n, int k, boolean transposed) {
    for (Kernels kernels : new Kernels[] {Kernels.scalar(), Kernels.simd()}) {
      float[] one = product(new CpuBackend(1, kernels, false), batch, m, n, k, transposed);
      for (int threads : new int[] {2, 3, 7}) {
        assertArrayEquals(
            one, product(new CpuBackend(threads, kernels, false), batch, m, n, k, transposed));
      }
    }
  }

  private static float[] product(
      CpuBackend cpu, int batch, int m, int n, int k, boolean transposed) {
    Device device = Device.of(cpu);
    try (Scope scope = Scope.open()) {
      Tensor a = random(device, 1, batch, transposed ? k : m, transposed ? m : k);
      Tensor b = random(device, 2, batch, transposed ? n : k, transposed ? k : n);
      return MatMul.of(a, transposed, b, transposed).toFloats();
    }
  }

  private static Tensor random(Device device, long seed, int... extents) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] x = new float[extents[0] * extents[1] * extents[2]];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) r.nextDouble() - 0.5f;
    }
    return Tensor.of(device, x, extents);
  }
}
