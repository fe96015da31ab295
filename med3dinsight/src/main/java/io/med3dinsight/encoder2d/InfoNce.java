package io.med3dinsight.encoder2d;

import io.med3dinsight.engine.op.LogSoftmax;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Symmetric InfoNCE, CLIP's loss (Radford et al. 2021, arXiv 2103.00020, Figure 3), for batches in
 * which several pairs may share a text.
 */
final class InfoNce {
  private InfoNce() {}

  /**
   * {@code -1/(2B) sum over i, j of T_ij (log softmax_j(L)_ij + log softmax_i(L)_ij)}, where T
   * spreads each row evenly over the pairs with the same text; with different texts T is the
   * identity and this is the mean of the two cross-entropies.
   *
   * @param logits L [B,B], slice i against the text of pair j
   * @param texts number of each pair's text, [B]
   */
  static Tensor loss(Tensor logits, int[] texts) {
    int b = texts.length;
    if (logits.rank() != 2 || logits.dim(0) != b || logits.dim(1) != b || b == 0) {
      throw new ShapeException(
          "InfoNCE of " + b + " pairs needs logits [B,B], but was given " + logits.type());
    }
    return Scope.tidy(() -> loss(logits, Tensor.of(logits.device(), targets(texts), b, b)));
  }

  /**
   * The same with T [B,B] on the device, as {@link #targets} gives it.
   *
   * @throws ShapeException unless both are square and of one size
   */
  static Tensor loss(Tensor logits, Tensor targets) {
    int b = targets.dim(0);
    if (!logits.shape().equals(targets.shape()) || b != targets.dim(1)) {
      throw new ShapeException(
          "InfoNCE needs logits and targets [B,B], but was given "
              + logits.type()
              + " and "
              + targets.type());
    }
    return Scope.tidy(
        () -> {
          Tensor rows = LogSoftmax.of(logits);
          // T is symmetric, so that the transposed logits need no transposed T.
          Tensor columns = LogSoftmax.of(logits.transpose(0, 1));
          return rows.add(columns).mul(targets).sum().mul(-0.5f / b);
        });
  }

  /** T of texts, row-major. */
  static float[] targets(int[] texts) {
    int b = texts.length;
    float[] t = new float[b * b];
    for (int i = 0; i < b; i++) {
      int same = 0;
      for (int other : texts) {
        same += other == texts[i] ? 1 : 0;
      }
      for (int j = 0; j < b; j++) {
        t[i * b + j] = texts[j] == texts[i] ? 1f / same : 0f;
      }
    }
    return t;
  }
}
