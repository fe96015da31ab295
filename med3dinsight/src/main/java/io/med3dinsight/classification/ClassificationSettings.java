package io.med3dinsight.classification;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.training.Bounds;

/**
 * Settings of fine-tuning for classification.
 *
 * @param epochs passes of {@code stepsPerEpoch} steps
 * @param stepsPerEpoch 0 for as many as one pass over the training images takes
 * @param batch images per step
 * @param learningRate of AdamW, at its highest
 * @param warmup steps until it is reached
 * @param weightDecay of matrices and kernels
 * @param maxNorm bound on the gradients' global norm
 * @param emaDecay of the moving average of the weights, which is what is evaluated and saved
 * @param labelSmoothing share s of the target that is spread over all classes
 * @param classWeights weight of each class in the loss; null for 1 each
 * @param balanced whether the weights follow from the training images instead: those of a class of
 *     n_c among n images in C classes count n / (C n_c)
 * @param dropout probability with which numbers of the embedding are hidden
 * @param pooling how the coarsest features become one vector
 * @param inputStatistics whether mean and deviation of the input stand beside it
 * @param validateEvery epochs between two validations
 * @param patience validations without a better AUC after which training stops; 0 for never
 * @param keep which weights become the model
 * @param rightAngles whether images are turned by multiples of 90 degrees about axes across which
 *     their extents are equal
 * @param shift most voxels by which images are moved along each axis
 * @param flipsAtTest whether probabilities are means over the flips that training draws from
 * @param augmentation further random changes of the images
 */
public record ClassificationSettings(
    int epochs,
    int stepsPerEpoch,
    int batch,
    double learningRate,
    int warmup,
    double weightDecay,
    double maxNorm,
    double emaDecay,
    double labelSmoothing,
    double[] classWeights,
    boolean balanced,
    double dropout,
    ClassificationPlan.Pooling pooling,
    boolean inputStatistics,
    int validateEvery,
    int patience,
    Keep keep,
    boolean rightAngles,
    double shift,
    boolean flipsAtTest,
    Augmentation augmentation) {

  /** Which weights become the model. */
  public enum Keep {
    /** Those with the best AUC on the validation images. */
    BEST,
    /** The last ones. */
    LAST
  }

  /**
   * @throws UsageException when there are weights for more or fewer classes than the data have
   */
  public void requireClasses(int classes) {
    if (classWeights != null && classWeights.length != classes) {
      throw new UsageException(
          "classification.classWeights has "
              + classWeights.length
              + " numbers: expected one for each of the "
              + classes
              + " classes.");
    }
  }

  public ClassificationSettings {
    Bounds bounds = new Bounds("classification");
    bounds.positive("epochs", epochs);
    bounds.positive("batch", batch);
    bounds.positive("learningRate", learningRate);
    bounds.positive("maxNorm", maxNorm);
    bounds.positive("validateEvery", validateEvery);
    bounds.share("emaDecay", emaDecay);
    bounds.share("labelSmoothing", labelSmoothing);
    bounds.share("dropout", dropout);
    bounds.notNegative("stepsPerEpoch", stepsPerEpoch);
    bounds.notNegative("warmup", warmup);
    bounds.notNegative("weightDecay", weightDecay);
    bounds.notNegative("patience", patience);
    bounds.notNegative("shift", shift);
    if (classWeights != null && balanced) {
      throw new UsageException(
          "classification.classWeights and classification.balanced are both given: choose one.");
    }
  }

  /** The same with another number of steps in an epoch. */
  public ClassificationSettings withSteps(int steps) {
    return new ClassificationSettings(
        epochs,
        steps,
        batch,
        learningRate,
        warmup,
        weightDecay,
        maxNorm,
        emaDecay,
        labelSmoothing,
        classWeights,
        balanced,
        dropout,
        pooling,
        inputStatistics,
        validateEvery,
        patience,
        keep,
        rightAngles,
        shift,
        flipsAtTest,
        augmentation);
  }

  /** Settings for some minutes on two processors. */
  public static ClassificationSettings standard() {
    return new ClassificationSettings(
        30,
        0,
        16,
        1e-3,
        50,
        5e-2,
        5,
        0.99,
        0.1,
        null,
        false,
        0.2,
        ClassificationPlan.Pooling.MEAN_AND_MAX,
        true,
        1,
        0,
        Keep.BEST,
        false,
        2,
        true,
        changes());
  }

  private static Augmentation changes() {
    return new Augmentation(
        true,
        true,
        true,
        new Change(0.5, -15, 15),
        new Change(0.5, 0.9, 1.1),
        new Change(0.15, 0, 0.1),
        Change.NEVER,
        new Change(0.15, 0.9, 1.1),
        new Change(0.15, 0.9, 1.1),
        Change.NEVER);
  }
}
