package io.med3dinsight.engine.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.med3dinsight.engine.autograd.Checkpointing;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.op.Add;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.SumTo;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import org.junit.jupiter.api.Test;

class TapeTest {
  private final Device device = Device.of(new CpuBackend(2, Kernels.scalar(), true));

  @Test
  void gradientsOfReusedTensorsAddUp() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(device, new float[] {1, 2, 3}, 3).requireGrad();
      Tensor a = Eager.run1(new Add(), x, x);
      Tensor b = Eager.run1(new Add(), a, x);
      Tensor c = Eager.run1(new Add(), b, a);
      Gradients g = tape.gradients(Eager.run1(new SumTo(Shape.of()), c));
      assertArrayEquals(new float[] {5, 5, 5}, g.of(x).toFloats());
    }
    assertEquals(0, device.backend().memory().active());
  }

  @Test
  void checkpointingGivesTheSameGradientsForInputsAndParameters() {
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(device, new float[] {1, 2, 3}, 3).requireGrad();
      Tensor w = Tensor.of(device, new float[] {4, 5, 6}, 3).requireGrad();
      Tensor y =
          Checkpointing.run(
              null, in -> Eager.run1(new Add(), Eager.run1(new Add(), in[0], w), w), x);
      Gradients g = tape.gradients(Eager.run1(new SumTo(Shape.of()), Eager.run1(new Add(), y, w)));
      assertArrayEquals(new float[] {1, 1, 1}, g.of(x).toFloats());
      assertArrayEquals(new float[] {3, 3, 3}, g.of(w).toFloats());
    }
    assertEquals(0, device.backend().memory().active());
  }

  @Test
  void aTensorUsedAfterItsScopeIsNamed() {
    Tensor t;
    try (Scope scope = Scope.open()) {
      t = Tensor.zeros(device, 2, 3);
    }
    assertThrows(IllegalStateException.class, t::toFloats);
    assertThrows(IllegalStateException.class, () -> Tensor.zeros(device, 1));
  }

  @Test
  void memoryStaysFlatOverManyCalls() {
    long before = -1;
    try (Scope parameters = Scope.open()) {
      Tensor w = Tensor.zeros(device, 5).requireGrad();
      for (int i = 0; i < 100_000; i++) {
        try (Scope scope = Scope.open();
            Tape tape = Tape.open()) {
          Tensor y = Eager.run1(new Add(), w, w);
          tape.gradients(Eager.run1(new SumTo(Shape.of()), y));
        }
        long now = device.backend().memory().active() + device.backend().memory().cached();
        if (i == 10) {
          before = now;
        } else if (i > 10) {
          assertEquals(before, now);
        }
      }
    }
  }
}
