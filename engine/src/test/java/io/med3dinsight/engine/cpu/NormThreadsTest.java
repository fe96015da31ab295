package io.med3dinsight.engine.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.function.Pooling;
import io.med3dinsight.engine.function.Resampling;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The same bits on one, two and five threads. */
class NormThreadsTest {
  @Test
  void norm() {
    same(
        new int[] {2, 23, 24, 25, 3},
        x -> Normalization.instanceNormLeakyRelu(x, null, null, 1e-5f, 0.01f));
    same(new int[] {2, 23, 24, 25, 6}, x -> Normalization.groupNorm(x, 2, null, null, 1e-5f));
    same(
        new int[] {2, 9, 8, 7, 33},
        x -> Normalization.batchNorm(x, null, null, null, null, 0.1f, 1e-5f, 0f));
  }

  @Test
  void losses() {
    same(
        new int[] {2, 23, 24, 25, 3},
        x -> {
          int[] y = new int[x.size() / 3];
          for (int i = 0; i < y.length; i++) {
            y[i] = i * 7 % 11 % 3;
          }
          Tensor labels = Tensor.of(x.device(), y, 2, 23, 24, 25);
          return Losses.diceCrossEntropy(x, labels, true, false, 1e-5f);
        });
  }

  @Test
  void poolingAndResizing() {
    int[] three = {3, 3, 3};
    int[] one = {1, 1, 1};
    same(new int[] {1, 12, 24, 25, 3}, x -> Pooling.avg(x, three, one, one));
    same(new int[] {1, 12, 24, 25, 3}, x -> Pooling.globalAvg(x));
    same(new int[] {1, 12, 24, 25, 3}, x -> Resampling.trilinear(x, 20, 30, 40, false));
  }

  private static void same(int[] shape, Function<Tensor, Tensor> f) {
    for (Kernels k : new Kernels[] {Kernels.scalar(), Kernels.simd()}) {
      float[][] one = run(1, k, shape, f);
      for (int threads : new int[] {2, 5}) {
        float[][] many = run(threads, k, shape, f);
        assertArrayEquals(one[0], many[0], k.name() + " forward, " + threads + " threads");
        assertArrayEquals(one[1], many[1], k.name() + " gradient, " + threads + " threads");
      }
    }
  }

  private static float[][] run(int threads, Kernels k, int[] shape, Function<Tensor, Tensor> f) {
    Device device = Device.of(new CpuBackend(threads, k, false));
    SplittableRandom r = new SplittableRandom(1);
    float[] v = new float[Shape.of(shape).size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) (4 * r.nextDouble() - 2);
    }
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(device, v, shape).requireGrad();
      Tensor y = f.apply(x);
      float[] w = new float[y.size()];
      for (int i = 0; i < w.length; i++) {
        w[i] = (i % 17 - 8) / 8f;
      }
      Tensor seed = Tensor.of(device, w, y.shape().toArray());
      Gradients g = tape.gradients(y, seed);
      return new float[][] {y.toFloats(), g.of(x).toFloats()};
    }
  }
}
