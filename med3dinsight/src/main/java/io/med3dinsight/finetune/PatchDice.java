package io.med3dinsight.finetune;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.OptionalDouble;

/** Dice of the most likely classes against labels, for curves. */
final class PatchDice {
  private PatchDice() {}

  /**
   * Mean Dice over the classes that occur in either, the background left out; empty when none does.
   *
   * @param scores [N,D,H,W,C]
   * @param labels [N,D,H,W]
   */
  static OptionalDouble of(Tensor scores, int[] labels, int classes) {
    float[] s = scores.toFloats();
    int[] predicted = new int[labels.length];
    for (int i = 0; i < predicted.length; i++) {
      for (int c = 1; c < classes; c++) {
        if (s[i * classes + c] > s[i * classes + predicted[i]]) {
          predicted[i] = c;
        }
      }
    }
    return of(predicted, labels, classes);
  }

  /** The same for labels that were predicted. */
  static OptionalDouble of(int[] predicted, int[] labels, int classes) {
    long[] both = new long[classes];
    long[] sum = new long[classes];
    for (int i = 0; i < labels.length; i++) {
      sum[predicted[i]]++;
      sum[labels[i]]++;
      if (predicted[i] == labels[i]) {
        both[labels[i]]++;
      }
    }
    double total = 0;
    int occurring = 0;
    for (int c = 1; c < classes; c++) {
      if (sum[c] > 0) {
        total += 2.0 * both[c] / sum[c];
        occurring++;
      }
    }
    return occurring == 0 ? OptionalDouble.empty() : OptionalDouble.of(total / occurring);
  }
}
