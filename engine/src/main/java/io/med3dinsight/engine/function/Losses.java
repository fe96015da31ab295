package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.BinaryCrossEntropy;
import io.med3dinsight.engine.op.CrossEntropy;
import io.med3dinsight.engine.op.DiceCrossEntropy;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.MeanAbsoluteError;
import io.med3dinsight.engine.op.MeanSquaredError;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Losses: scalars, means over what counts. Shapes: N batch, D H W depth height width, C classes.
 */
public final class Losses {
  /** Label of elements that do not count, unless another one is given. */
  public static final int IGNORED = -100;

  private Losses() {}

  /**
   * {@code mean of -log softmax(logits)[label]}; logits [...,C], labels I32 [...], {@link #IGNORED}
   * left out.
   */
  public static Tensor crossEntropy(Tensor logits, Tensor labels) {
    return crossEntropy(logits, labels, null, IGNORED, 0f);
  }

  /**
   * Cross-entropy as PyTorch defines it: a mean weighted by the labels' class weights, smoothed
   * labels {@code (1 - s) onehot + s/C}.
   *
   * @param logits [...,C]
   * @param labels I32 [...], in [0, C) or {@code ignoreIndex}
   * @param weights of the classes [C], or null for 1 each
   * @param ignoreIndex label of elements that do not count
   * @param smoothing s in [0, 1]
   */
  public static Tensor crossEntropy(
      Tensor logits, Tensor labels, Tensor weights, int ignoreIndex, float smoothing) {
    Tensor w = weights != null ? weights : Tensor.full(logits.device(), 1f, logits.dim(-1));
    return Eager.run(new CrossEntropy(ignoreIndex, smoothing), logits, labels, w)[0];
  }

  /**
   * nnU-Net's loss: cross-entropy minus soft Dice, {@code mean(-log p_y) - mean over classes of (2
   * sum p y + smooth) / (sum p + sum y + smooth)}; -1 for a perfect segmentation. Labels {@link
   * #IGNORED} are left out.
   *
   * @param logits [N,D,H,W,C]
   * @param labels I32 [N,D,H,W]
   * @param batchDice whether Dice sums run over the whole batch; per instance otherwise
   * @param includeBackground whether class 0 counts in Dice (nnU-Net: no)
   * @param smooth nnU-Net: 1e-5
   */
  public static Tensor diceCrossEntropy(
      Tensor logits, Tensor labels, boolean batchDice, boolean includeBackground, float smooth) {
    return Eager.run(
        new DiceCrossEntropy(batchDice, includeBackground, smooth, IGNORED, 1f, 1f),
        logits,
        labels)[0];
  }

  /**
   * {@link #diceCrossEntropy(Tensor, Tensor, boolean, boolean, float)} with another ignored label
   * and weights for both terms.
   */
  public static Tensor diceCrossEntropy(
      Tensor logits,
      Tensor labels,
      boolean batchDice,
      boolean includeBackground,
      float smooth,
      int ignoreIndex,
      float diceWeight,
      float ceWeight) {
    return Eager.run(
        new DiceCrossEntropy(
            batchDice, includeBackground, smooth, ignoreIndex, diceWeight, ceWeight),
        logits,
        labels)[0];
  }

  /**
   * Mean binary cross-entropy of {@code sigmoid(logits)} against targets in [0, 1] of the same
   * shape, which get no gradient.
   */
  public static Tensor binaryCrossEntropy(Tensor logits, Tensor targets) {
    return Eager.run1(new BinaryCrossEntropy(), logits, targets);
  }

  /** Mean squared error, {@code mean((a - b)^2)}. */
  public static Tensor mse(Tensor a, Tensor b) {
    return Eager.run1(new MeanSquaredError(), a, b);
  }

  /** Mean absolute error, {@code mean(|a - b|)}. */
  public static Tensor l1(Tensor a, Tensor b) {
    return Eager.run1(new MeanAbsoluteError(), a, b);
  }
}
