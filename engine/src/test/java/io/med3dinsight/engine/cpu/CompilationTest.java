package io.med3dinsight.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions over arrays give the same bits interpreted, half compiled and compiled. */
class CompilationTest {
  private static final int N = 173;
  private final float[] x = random(1);
  private final float[] y = random(2);
  private final float[] z = random(3);

  static Stream<Kernels> kernels() {
    return Stream.of(Kernels.scalar(), Kernels.simd());
  }

  private static float[] random(long seed) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[N];
    for (int i = 0; i < N; i++) {
      v[i] = (float) (6 * r.nextDouble() - 3);
    }
    return v;
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void sameBitsBeforeAndAfter(Kernels kernels) {
    float[] first = all(kernels.math());
    for (int i = 0; i < 30_000; i++) {
      assertArrayEquals(first, all(kernels.math()), "call " + i);
    }
  }

  private float[] all(VectorMath m) {
    float[] out = new float[4 * N + 5];
    m.sigmoid(x, 0, out, 0, N);
    m.gelu(false, x, 0, out, N, N);
    float[] rows = new float[3 * N];
    out[4 * N + 4] = m.expSum(x, 0, 3f, rows, 0, N);
    System.arraycopy(rows, 0, out, 2 * N, N);
    m.normalizeGradient(x, 0, 0.1f, 0.7f, y, 0, z, 0, rows, 0, rows, N, rows, 2 * N, N);
    System.arraycopy(rows, 0, out, 3 * N, N);
    out[4 * N] = m.sum(x, 0, N);
    out[4 * N + 1] = m.dot(x, 0, y, 0, N);
    out[4 * N + 2] = m.squares(x, 0, 0.3f, N);
    out[4 * N + 3] = m.max(x, 0, N);
    return out;
  }
}
