package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Against the formula in double precision, its gradient by central differences. */
class InfoNceTest {
  private static final Device DEVICE = Device.cpu(2);

  private static double reference(double[] logits, int[] texts) {
    int b = texts.length;
    double loss = 0;
    for (int i = 0; i < b; i++) {
      double row = 0;
      double column = 0;
      int same = 0;
      for (int j = 0; j < b; j++) {
        row += Math.exp(logits[i * b + j]);
        column += Math.exp(logits[j * b + i]);
        same += texts[i] == texts[j] ? 1 : 0;
      }
      for (int j = 0; j < b; j++) {
        if (texts[i] == texts[j]) {
          loss += (Math.log(row) - logits[i * b + j]) / same;
          loss += (Math.log(column) - logits[j * b + i]) / same;
        }
      }
    }
    return loss / (2 * b);
  }

  private static void check(int[] texts) {
    int b = texts.length;
    SplittableRandom random = new SplittableRandom(b);
    float[] logits = new float[b * b];
    double[] exact = new double[b * b];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (8 * random.nextDouble() - 4);
      exact[i] = logits[i];
    }
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(DEVICE, logits, b, b).requireGrad();
      Tensor loss = InfoNce.loss(x, texts);
      assertEquals(reference(exact, texts), loss.item(), 1e-5);
      float[] gradient = tape.gradients(loss).of(x).toFloats();
      double step = 1e-5;
      for (int i = 0; i < exact.length; i++) {
        double at = exact[i];
        exact[i] = at + step;
        double above = reference(exact, texts);
        exact[i] = at - step;
        double below = reference(exact, texts);
        exact[i] = at;
        assertEquals((above - below) / (2 * step), gradient[i], 1e-6, "element " + i);
      }
    }
  }

  @Test
  void differentTexts() {
    check(new int[] {0, 1, 2, 3, 4, 5, 6});
  }

  @Test
  void equalTextsMatchEachOther() {
    check(new int[] {4, 1, 4, 0, 1, 4});
  }

  @Test
  void knownValues() {
    try (Scope scope = Scope.open()) {
      int[] three = {0, 1, 2};
      // Nothing is told apart: log 3.
      assertEquals(Math.log(3), InfoNce.loss(Tensor.zeros(DEVICE, 3, 3), three).item(), 1e-6);
      float[] far = new float[9];
      Arrays.fill(far, -100f);
      far[0] = far[4] = far[8] = 100f;
      assertEquals(0, InfoNce.loss(Tensor.of(DEVICE, far, 3, 3), three).item(), 1e-6);
    }
  }

  @Test
  void logitsOfAnotherShapeAreRefused() {
    try (Scope scope = Scope.open()) {
      Tensor wrong = Tensor.zeros(DEVICE, 3, 2);
      assertThrows(ShapeException.class, () -> InfoNce.loss(wrong, new int[] {0, 1, 2}));
    }
  }
}
