package io.med3dinsight.finetune;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.training.Bounds;

/**
 * Settings of fine-tuning for segmentation.
 *
 * @param epochs passes of {@code stepsPerEpoch} steps
 * @param batch patches per step
 * @param learningRate of AdamW, at its highest
 * @param warmup steps until it is reached
 * @param weightDecay of matrices and kernels
 * @param maxNorm bound on the gradients' global norm
 * @param emaDecay of the moving average of the weights, which is what is evaluated and saved
 * @param supervisedLevels resolutions with a loss of their own (deep supervision)
 * @param foregroundShare share of the patches that are put around a structure
 * @param validationShare share of the training cases kept back to draw the Dice curve; the weights
 *     that scored best are kept beside the last ones, which are the result; 0 for none
 * @param validateEvery epochs between two validations
 * @param start which pretrained weights to begin with
 * @param augmentation random changes of the patches
 */
public record FinetuneSettings(
    int epochs,
    int stepsPerEpoch,
    int batch,
    double learningRate,
    int warmup,
    double weightDecay,
    double maxNorm,
    double emaDecay,
    int supervisedLevels,
    double foregroundShare,
    double validationShare,
    int validateEvery,
    Start start,
    Augmentation augmentation) {

  /** Which weights of the pretrained network fine-tuning begins with. */
  public enum Start {
    /**
     * The encoder's after a pretraining without labels, whose decoder has learnt to rebuild images
     * and is slower to unlearn that than a fresh one is to learn (docs/results,
     * hippocampus-ablation.md); of other files, such as a segmentation network's, all that fits.
     */
    AUTO,
    /** The encoder's. */
    ENCODER,
    /** The encoder's and the reconstructing decoder's; only the heads are fresh. */
    ENCODER_AND_DECODER
  }

  public FinetuneSettings {
    Bounds bounds = new Bounds("finetune");
    bounds.positive("epochs", epochs);
    bounds.positive("stepsPerEpoch", stepsPerEpoch);
    bounds.positive("batch", batch);
    bounds.positive("learningRate", learningRate);
    bounds.positive("maxNorm", maxNorm);
    bounds.positive("supervisedLevels", supervisedLevels);
    bounds.positive("validateEvery", validateEvery);
    bounds.share("emaDecay", emaDecay);
    bounds.share("validationShare", validationShare);
    bounds.notNegative("warmup", warmup);
    bounds.notNegative("weightDecay", weightDecay);
    if (!(foregroundShare >= 0 && foregroundShare <= 1)) {
      throw new UsageException(
          "finetune.foregroundShare is " + foregroundShare + ": expected 0 to 1.");
    }
  }

  /** Settings for some minutes on a small data set. */
  public static FinetuneSettings standard() {
    return new FinetuneSettings(
        14,
        20,
        4,
        2e-3,
        20,
        1e-2,
        12,
        0.98,
        3,
        PATCHES_AROUND_FOREGROUND,
        0.1,
        7,
        Start.AUTO,
        mildChanges());
  }

  private static final double PATCHES_AROUND_FOREGROUND = 1.0 / 3;

  /**
   * nnU-Net's changes with milder geometry and without mirroring: sides carry meaning in anatomy.
   */
  private static Augmentation mildChanges() {
    return new Augmentation(
        false,
        false,
        false,
        new Change(0.4, -15, 15),
        new Change(0.3, 0.85, 1.2),
        new Change(0.15, 0, 0.2),
        new Change(0.15, 0.5, 1),
        new Change(0.15, 0.75, 1.25),
        new Change(0.15, 0.75, 1.25),
        new Change(0.3, 0.7, 1.5));
  }
}
