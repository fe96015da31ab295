package io.med3dinsight.nn.loss;

import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Soft Dice plus cross-entropy (Isensee et al. 2021, nnU-Net): {@code -log p_y} on average, minus
 * the mean over classes of {@code (2 sum p y + smooth) / (sum p + sum y + smooth)}; -1 for a
 * perfect segmentation.
 *
 * @param batchDice whether Dice sums run over the whole batch; per sample otherwise
 * @param includeBackground whether class 0 counts in Dice
 * @param smooth keeps the quotient defined for absent classes
 */
public record DiceCrossEntropyLoss(boolean batchDice, boolean includeBackground, float smooth)
    implements SegmentationLoss {
  /** nnU-Net's settings for 3D patches: per sample, without background, smooth 1e-5. */
  public static DiceCrossEntropyLoss nnUNet() {
    return new DiceCrossEntropyLoss(false, false, 1e-5f);
  }

  @Override
  public Tensor of(Tensor logits, Tensor labels) {
    return Losses.diceCrossEntropy(logits, labels, batchDice, includeBackground, smooth);
  }
}
