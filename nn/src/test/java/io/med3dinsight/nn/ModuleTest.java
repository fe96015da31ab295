package io.med3dinsight.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.layer.Linear;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final Device device = Device.of(new CpuBackend(1, Kernels.scalar(), true));

  private static final class Two extends Module {
    private final Linear first;
    private final Linear second;

    Two(Setup setup) {
      super(setup);
      parameter("scale", Init.ones(), 3);
      buffer("mean", Init.zeros(), 3);
      first = register("first", new Linear(setup, 3, 4));
      second = register("second", new Linear(setup, 4, 2, false));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return second.call(first.call(x));
    }
  }

  @Test
  void namesJoinWithDotsInOrderOfRegistration() {
    try (Two m = new Two(Setup.of(device, 1))) {
      assertEquals(
          List.of("scale", "first.weight", "first.bias", "second.weight"),
          List.copyOf(m.namedParameters().keySet()));
      assertEquals(List.of("mean"), List.copyOf(m.namedBuffers().keySet()));
      assertEquals(3 + 12 + 4 + 8, m.parameterCount());
      assertTrue(m.namedParameters().values().stream().allMatch(Tensor::requiresGrad));
      m.train(false);
      assertFalse(m.children().get("second").training());
    }
    assertEquals(0, device.backend().memory().active());
  }

  @Test
  void oneSeedGivesOneNetwork() {
    try (Two a = new Two(Setup.of(device, 5));
        Two b = new Two(Setup.of(device, 5));
        Two c = new Two(Setup.of(device, 6))) {
      a.namedParameters()
          .forEach(
              (n, t) -> assertArrayEquals(t.toFloats(), b.namedParameters().get(n).toFloats()));
      assertFalse(
          java.util.Arrays.equals(
              a.namedParameters().get("first.weight").toFloats(),
              c.namedParameters().get("first.weight").toFloats()));
    }
  }

  @Test
  void linearIsTheMatrixProductPlusBiasAndCallsLeaveNothingBehind() {
    try (Linear l = new Linear(Setup.of(device, 1), 2, 3);
        Scope s = Scope.open()) {
      l.namedParameters().get("weight").copyFrom(new float[] {1, 2, 3, 4, 5, 6});
      l.namedParameters().get("bias").copyFrom(new float[] {10, 20, 30});
      Tensor x = Tensor.of(device, new float[] {1, 1, 0, 2}, 2, 1, 2);
      Tensor y = l.call(x);
      assertEquals(Shape.of(2, 1, 3), y.shape());
      assertArrayEquals(new float[] {15, 27, 39, 18, 30, 42}, y.toFloats());
      assertEquals(2, s.size());
      ShapeException e =
          assertThrows(ShapeException.class, () -> l.call(Tensor.zeros(device, 4, 1)));
      assertTrue(e.getMessage().contains("2 values"), e.getMessage());
    }
    assertEquals(0, device.backend().memory().active());
  }

  @Test
  void aNameIsTakenOnce() {
    Setup setup = Setup.of(device, 1);
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Module(setup) {
              {
                register("a", new Linear(setup, 1, 1));
                register("a", new Linear(setup, 1, 1));
              }
            });
  }

  @Test
  void initialisersHaveTheirVariance() {
    check(Init.kaimingNormal(0.01), Math.sqrt(2 / (1 + 1e-4) / 50));
    check(Init.kaimingUniform(Math.sqrt(5)), Math.sqrt(1.0 / 3 / 50));
    check(Init.xavierUniform(), Math.sqrt(2.0 / 80));
    check(Init.xavierNormal(), Math.sqrt(2.0 / 80));
    check(Init.fanInUniform(), 1 / Math.sqrt(150));
    // Standard deviation of a standard normal cut at two deviations.
    check(Init.truncatedNormal(0.02), 0.02 * 0.87963);
  }

  private static void check(Init init, double deviation) {
    float[] v = new float[100_000];
    init.fill(v, 50, 30, new SplittableRandom(3));
    double sum = 0;
    double squares = 0;
    for (float x : v) {
      sum += x;
      squares += (double) x * x;
    }
    assertEquals(0, sum / v.length, 0.02 * deviation);
    assertEquals(deviation, Math.sqrt(squares / v.length), 0.01 * deviation);
  }

  @Test
  void layoutsArePermutations() {
    SplittableRandom r = new SplittableRandom(1);
    Shape here = Shape.of(2, 3, 4, 5, 6);
    float[] v = new float[here.size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = (float) r.nextDouble();
    }
    float[] conv = Layout.CONV3D.toTorch(v, here);
    assertEquals(Shape.of(6, 5, 2, 3, 4), Layout.CONV3D.torchShape(here));
    assertEquals(v[at(here, 1, 2, 3, 4, 5)], conv[at(Shape.of(6, 5, 2, 3, 4), 5, 4, 1, 2, 3)]);
    assertArrayEquals(v, Layout.CONV3D.fromTorch(conv, here));
    float[] transpose = Layout.CONV_TRANSPOSE3D.toTorch(v, here);
    assertEquals(v[at(here, 1, 0, 2, 4, 3)], transpose[at(Shape.of(5, 6, 2, 3, 4), 4, 3, 1, 0, 2)]);
    assertArrayEquals(v, Layout.CONV_TRANSPOSE3D.fromTorch(transpose, here));
    assertArrayEquals(
        new float[] {1, 4, 2, 5, 3, 6},
        Layout.LINEAR.toTorch(new float[] {1, 2, 3, 4, 5, 6}, Shape.of(2, 3)));
  }

  private static int at(Shape s, int... index) {
    int[] strides = s.strides();
    int at = 0;
    for (int i = 0; i < index.length; i++) {
      at += index[i] * strides[i];
    }
    return at;
  }
}
