package io.med3dinsight.nn.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LayerTest {
  private final Device device = Device.cpu(1);
  private final Setup setup = Setup.of(device, 4);

  @Test
  void batchNormLearnsStatisticsInTrainingAndUsesThemInInference() {
    try (BatchNorm b = new BatchNorm(setup, 1);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.of(device, new float[] {1, 2, 3, 6}, 2, 1, 1, 2, 1);
      // Mean 3, biased variance 3.5, unbiased 14/3.
      float r = (float) (1 / Math.sqrt(3.5 + 1e-5));
      assertArrayEquals(new float[] {-2 * r, -r, 0, 3 * r}, b.call(x).toFloats(), 1e-5f);
      assertEquals(List.of("running_mean", "running_var"), List.copyOf(b.namedBuffers().keySet()));
      assertEquals(0.3f, b.namedBuffers().get("running_mean").item(), 1e-6);
      assertEquals(0.9f + 0.1f * 14 / 3, b.namedBuffers().get("running_var").item(), 1e-6);
      b.train(false);
      double v = 0.9 + 1.4 / 3 + 1e-5;
      assertEquals((1 - 0.3) / Math.sqrt(v), b.call(x).toFloats()[0], 1e-5);
      assertEquals(0.3f, b.namedBuffers().get("running_mean").item(), 1e-6);
    }
  }

  @Test
  void groupNormOfOneChannelGroupsIsInstanceNorm() {
    try (GroupNorm g = new GroupNorm(setup, 2, 2);
        InstanceNorm i = new InstanceNorm(setup, 2);
        InstanceNorm leaky = InstanceNorm.leakyRelu(setup, 2, 0.1f);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.of(device, new float[] {1, 5, 2, 7, 9, -3}, 1, 1, 1, 3, 2);
      float[] y = i.call(x).toFloats();
      assertArrayEquals(y, g.call(x).toFloats(), 1e-6f);
      for (int k = 0; k < y.length; k++) {
        y[k] = y[k] < 0 ? 0.1f * y[k] : y[k];
      }
      assertArrayEquals(y, leaky.call(x).toFloats(), 1e-6f);
    }
    assertThrows(IllegalArgumentException.class, () -> new GroupNorm(setup, 3, 4));
  }

  @Test
  void embeddingLooksRowsUp() {
    try (Embedding e = new Embedding(setup, 3, 2, Init.normal(1));
        Scope scope = Scope.open()) {
      float[] w = e.namedParameters().get("weight").toFloats();
      Tensor y = e.call(Tensor.of(device, new int[] {2, 0, 2}, 1, 3));
      assertEquals(Shape.of(1, 3, 2), y.shape());
      assertArrayEquals(new float[] {w[4], w[5], w[0], w[1], w[4], w[5]}, y.toFloats());
    }
  }

  @Test
  void convolutionsHaveTheShapesOfTheirGeometry() {
    Conv3d.Geometry g =
        new Conv3d.Geometry(
            new int[] {1, 3, 3}, new int[] {1, 2, 2}, new int[] {0, 1, 1}, new int[] {1, 1, 1}, 2);
    try (Conv3d c = new Conv3d(setup, 4, 6, g, true);
        ConvTranspose3d up = new ConvTranspose3d(setup, 6, 2, new int[] {1, 2, 2});
        Scope scope = Scope.open()) {
      assertEquals(Shape.of(1, 3, 3, 2, 6), c.namedParameters().get("weight").shape());
      Tensor y = c.call(Tensor.zeros(device, 2, 3, 8, 6, 4));
      assertEquals(Shape.of(2, 3, 4, 3, 6), y.shape());
      assertEquals(Shape.of(2, 3, 8, 6, 2), up.call(y).shape());
    }
    assertThrows(IllegalArgumentException.class, () -> new Conv3d(setup, 3, 6, g, true));
  }

  @Test
  void activationsAreTheirFormulas() {
    try (Scope scope = Scope.open();
        Activate module = new Activate(setup, Activation.leakyRelu(0.2f))) {
      float[] x = {-1.5f, 0, 0.7f};
      Tensor t = Tensor.of(device, x, 3);
      float[][] got = {
        Activation.identity().apply(t).toFloats(),
        Activation.relu().apply(t).toFloats(),
        module.call(t).toFloats(),
        Activation.silu().apply(t).toFloats(),
        Activation.sigmoid().apply(t).toFloats(),
        Activation.tanh().apply(t).toFloats(),
        Activation.gelu().apply(t).toFloats()
      };
      for (int i = 0; i < 3; i++) {
        double v = x[i];
        double s = 1 / (1 + Math.exp(-v));
        double[] expected = {v, Math.max(0, v), v < 0 ? 0.2 * v : v, v * s, s, Math.tanh(v)};
        for (int k = 0; k < expected.length; k++) {
          assertEquals(expected[k], got[k][i], 1e-6);
        }
      }
      // x Phi(x) at -1.5 and 0.7, from a table of the normal distribution.
      assertEquals(-1.5 * 0.0668072, got[6][0], 1e-6);
      assertEquals(0.7 * 0.7580363, got[6][2], 1e-6);
    }
  }

  @Test
  void dropoutActsInTrainingOnlyAndRepeatsFromItsPosition() {
    Rng rng = new Rng(5);
    try (Dropout d = new Dropout(setup, 0.25f, rng);
        Scope scope = Scope.open()) {
      Tensor x = Tensor.full(device, 3, 100_000);
      float[] y = d.call(x).toFloats();
      int kept = 0;
      for (float v : y) {
        assertTrue(v == 0 || v == 4);
        kept += v == 0 ? 0 : 1;
      }
      // Five standard deviations of a binomial number.
      assertEquals(75_000, kept, 5 * Math.sqrt(100_000 * 0.25 * 0.75));
      assertEquals(100_000, rng.position());
      assertFalse(Arrays.equals(y, d.call(x).toFloats()));
      rng.position(0);
      assertArrayEquals(y, d.call(x).toFloats());
      d.train(false);
      assertSame(x, d.call(x));
    }
    assertThrows(IllegalArgumentException.class, () -> new Dropout(setup, 1, rng));
  }

  @Test
  void sequentialNamesItsPartsByNumber() {
    try (Sequential s = new Sequential(setup, new Linear(setup, 2, 3), new Mlp(setup, 3, 4))) {
      assertEquals("0.weight", s.namedParameters().keySet().iterator().next());
      assertTrue(s.namedParameters().containsKey("1.fc2.bias"));
    }
  }
}
