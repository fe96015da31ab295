package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.op.LayerNorm;
import io.med3dinsight.engine.op.LogSoftmax;
import io.med3dinsight.engine.op.Softmax;
import io.med3dinsight.engine.tensor.DType;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Softmax and layer norm: every kernel at the ends of its range, aligned and not. */
class RowKernelsTest {
  private static final double BF16 = 0x1p-8;

  private static float[] random(long seed, int n, double low, double high) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) r.nextDouble(low, high);
    }
    return v;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 31, 32, 33, 64, 100, 256, 257, 260, 1000, 1024, 1025, 6200, 13000})
  void softmax(int n) {
    int rows = 3;
    float[] x = random(n, rows * n, -20, 20);
    x[0] = Float.NEGATIVE_INFINITY;
    x[n - 1] = n == 1 ? 0 : Float.NEGATIVE_INFINITY;
    float[] y = random(n + 1, rows * n, 0, 2.0 / n);
    float[] g = random(n + 2, rows * n, -1, 1);
    for (int offset : new int[] {0, 1}) {
      for (DType type : new DType[] {DType.F32, DType.BF16}) {
        double tolerance = type == DType.F32 ? 4e-6 : BF16;
        of(type, offset).input(x, rows, n).check(new Softmax(), tolerance);
        of(type, offset).input(x, rows, n).check(new LogSoftmax(), tolerance);
        OpComparison pair = of(type, offset).input(y, rows, n).input(g, rows, n);
        pair.check(new Softmax.Derivative(), tolerance);
        pair.check(new LogSoftmax.Derivative(), tolerance * 4);
      }
    }
  }

  private static OpComparison of(DType type, int offset) {
    return new OpComparison().storage(type).offset(offset);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 40, 300, 1024, 2000})
  void aRowOfMinusInfinitiesIsNaNAndTheOthersAreNot(int n) {
    float[] x = random(1, 2 * n, -1, 1);
    Arrays.fill(x, 0, n, Float.NEGATIVE_INFINITY);
    float[] y = new OpComparison().input(x, 2, n).simulated(new Softmax())[0];
    float sum = 0;
    for (int i = 0; i < n; i++) {
      assertTrue(Float.isNaN(y[i]), "element " + i + ": " + y[i]);
      sum += y[n + i];
    }
    assertTrue(Math.abs(sum - 1) < 1e-5, "sum " + sum);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 24, 96, 100, 256, 257, 768, 1024, 1028, 4096, 4100, 13000})
  void layerNorm(int n) {
    int rows = n > 4000 ? 3 : 9;
    // A mean far from zero.
    float[] x = random(n, rows * n, 99, 101);
    float[] gamma = random(5, n, 0.5, 1.5);
    float[] beta = random(6, n, -1, 1);
    float[] g = random(7, rows * n, -1, 1);
    for (int offset : new int[] {0, 1}) {
      for (DType type : new DType[] {DType.F32, DType.BF16}) {
        // In BF16 numbers about 100 are 0.5 apart: a row of few values may have no variance at all.
        float eps = 0.1f;
        boolean single = type == DType.F32;
        of(type, offset)
            .input(x, rows, n)
            .single(gamma, n)
            .single(beta, n)
            .check(new LayerNorm(eps), single ? 2e-5 : BF16);
        of(type, offset)
            .input(x, rows, n)
            .single(gamma, n)
            .input(g, rows, n)
            .check(new LayerNorm.Derivative(eps), single ? 4e-5 : BF16);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 2000})
  void gradientsOfManyRowsAreSummedOverBlocks(int n) {
    int rows = n == 16 ? 20000 : 600;
    new OpComparison()
        .input(random(1, rows * n, -1, 3), rows, n)
        .single(random(2, n, 0.5, 1.5), n)
        .input(random(3, rows * n, -1, 1), rows, n)
        .check(new LayerNorm.Derivative(1e-5f), 2e-5);
  }
}
