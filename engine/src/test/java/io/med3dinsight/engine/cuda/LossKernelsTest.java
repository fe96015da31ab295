package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.op.CrossEntropy;
import io.med3dinsight.engine.op.CrossEntropyGrad;
import io.med3dinsight.engine.op.DiceCrossEntropy;
import io.med3dinsight.engine.op.DiceCrossEntropyGrad;
import io.med3dinsight.engine.op.MeanSquaredError;
import io.med3dinsight.engine.op.MeanSquaredErrorGrad;
import io.med3dinsight.engine.tensor.DeviceException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Softmax losses with few and many classes, and what wrong labels do. */
class LossKernelsTest {
  private static float[] uniform(long seed, int n, double low, double high) {
    SplittableRandom r = new SplittableRandom(seed);
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) r.nextDouble(low, high);
    }
    return v;
  }

  /** Labels of which one in seven is -1. */
  private static int[] labels(int n, int classes) {
    SplittableRandom r = new SplittableRandom(classes);
    int[] y = new int[n];
    for (int i = 0; i < n; i++) {
      y[i] = r.nextInt(7) == 0 ? -1 : r.nextInt(classes);
    }
    return y;
  }

  @ParameterizedTest
  @CsvSource({
    "5000, 3, 0",
    "1000, 32, 0.1",
    "700, 33, 0",
    "300, 100, 0.1",
    "90, 700, 0",
    "20, 2048, 0.1",
    "9, 3001, 0.1"
  })
  void crossEntropy(int rows, int classes, float smoothing) {
    float[] x = uniform(rows, rows * classes, -8, 8);
    OpComparison in =
        new OpComparison()
            .input(x, rows, classes)
            .labels(labels(rows, classes), rows)
            .input(uniform(2, classes, 0.5, 2), classes);
    in.check(new CrossEntropy(-1, smoothing), 4e-6);
    in.input(new float[] {rows}).input(new float[] {rows * 0.7f});
    in.check(new CrossEntropyGrad(-1, smoothing), 4e-6);
  }

  @ParameterizedTest
  @CsvSource({"2, 3000, 3", "1, 500, 14", "3, 90, 104", "2, 30, 300", "1, 9, 2048", "2, 70000, 2"})
  void dice(int n, int voxels, int classes) {
    float[] x = uniform(voxels, n * voxels * classes, -4, 4);
    for (boolean batch : new boolean[] {false, true}) {
      OpComparison in =
          new OpComparison()
              .input(x, n, voxels, classes)
              .labels(labels(n * voxels, classes), n, voxels);
      in.check(new DiceCrossEntropy(batch, false, 1e-5f, -1, 0.7f, 1.3f), 4e-6);
      in.input(uniform(3, n * (2 * classes + 1), -1, 1), n, 2 * classes + 1)
          .input(new float[] {0.5f})
          .check(new DiceCrossEntropyGrad(-1), 4e-6);
    }
  }

  @Test
  void aWrongLabelMakesTheLossNaN() {
    OpComparison in =
        new OpComparison()
            .input(uniform(1, 12, -1, 1), 1, 4, 3)
            .labels(new int[] {0, 3, 1, -1}, 1, 4);
    assertTrue(Float.isNaN(in.simulated(new DiceCrossEntropy(true, true, 1, -1, 1, 1))[0][0]));
    in.input(new float[] {1, 1, 1}, 3);
    assertTrue(Float.isNaN(in.simulated(new CrossEntropy(-1, 0))[0][0]));
  }

  @Test
  void diceRefusesMoreClassesThanItCanHold() {
    OpComparison in =
        new OpComparison().input(new float[4000], 1, 1, 4000).labels(new int[1], 1, 1);
    DeviceException e =
        assertThrows(
            DeviceException.class,
            () -> in.simulated(new DiceCrossEntropy(true, true, 1, -1, 1, 1)));
    assertTrue(e.getMessage().contains("up to 2048 classes"), e.getMessage());
  }

  @Test
  void pairsOfManyElementsAtOddAddresses() {
    int n = 1_200_003;
    float[] a = uniform(1, n, -1, 1);
    float[] b = uniform(2, n, -1, 1);
    for (int offset : new int[] {0, 3}) {
      new OpComparison().offset(offset).input(a, n).input(b, n).check(new MeanSquaredError(), 1e-6);
    }
    float[] g =
        new OpComparison()
            .input(new float[] {1, 5}, 2)
            .input(new float[] {4, 5}, 2)
            .input(new float[] {2})
            .simulated(new MeanSquaredErrorGrad())[0];
    assertEquals(-6, g[0]);
    assertEquals(0, g[1]);
  }
}
