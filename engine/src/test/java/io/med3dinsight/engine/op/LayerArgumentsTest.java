package io.med3dinsight.engine.op;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.function.Pooling;
import io.med3dinsight.engine.function.Resampling;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Arguments that do not fit are named in one sentence. */
class LayerArgumentsTest {
  private final Device device = Device.cpu(1);

  private static void refused(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void norms() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(device, 1, 2, 2, 2, 6);
      Tensor voxel = Tensor.zeros(device, 4, 1, 1, 1, 6);
      Tensor wrong = Tensor.zeros(device, 5);
      refused("larger patch", () -> Normalization.instanceNorm(voxel, null, null, 1e-5f));
      refused("divisible", () -> Normalization.groupNorm(x, 4, null, null, 1e-5f));
      refused("[6]", () -> Normalization.instanceNorm(x, wrong, null, 1e-5f));
      refused("[0, 1]", () -> Normalization.instanceNormLeakyRelu(x, null, null, 1e-5f, 1.5f));
    }
  }

  @Test
  void poolingAndResizing() {
    int[] one = {1, 1, 1};
    int[] two = {2, 2, 2};
    int[] nine = {9, 9, 9};
    int[] none = {0, 0, 0};
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(device, 1, 2, 2, 2, 6);
      refused("half the kernel", () -> Pooling.max(x, one, one, one));
      refused("hold the kernel", () -> Pooling.avg(x, nine, two, none));
      refused("three numbers", () -> Pooling.avg(x, new int[] {2}, two, none));
      refused("at least one voxel", () -> Resampling.nearest(x, 0, 1, 1));
    }
  }

  @Test
  void losses() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.zeros(device, 1, 2, 2, 2, 1);
      Tensor y = Tensor.of(device, new int[8], 1, 2, 2, 2);
      refused("foreground", () -> Losses.diceCrossEntropy(x, y, true, false, 1e-5f));
      refused("labels I32", () -> Losses.crossEntropy(x, x));
      refused("one shape", () -> Losses.mse(x, Tensor.zeros(device, 3)));
      AdamStep adam = new AdamStep(0.9, 0.99, 1e-8, 0, true);
      refused("from 1", () -> adam.values(0.1, 0));
      Tensor clip = Tensor.scalar(device, 1);
      Tensor p = Tensor.zeros(device, 2);
      refused("step values [3]", () -> Eager.run(adam, p, clip, p, p, p, p));
      refused("4 of one shape", () -> Eager.run(adam, Tensor.zeros(device, 3), clip, p, p, p));
      refused("a squared norm []", () -> Eager.run(new ClipFactor(1), p));
    }
  }
}
