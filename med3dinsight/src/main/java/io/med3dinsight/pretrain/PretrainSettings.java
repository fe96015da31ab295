package io.med3dinsight.pretrain;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.psat.PsatSettings;
import io.med3dinsight.training.Bounds;
import io.med3dinsight.transport.AlignmentKind;
import io.med3dinsight.transport.InfoNceAlignment;
import io.med3dinsight.transport.MetricKind;
import io.med3dinsight.transport.TripletNegatives;

/**
 * Settings of pretraining without labels.
 *
 * @param enabled false trains the segmentation network from scratch
 * @param epochs passes of {@code stepsPerEpoch} steps
 * @param volumes volumes per step
 * @param slices described slices asked for in each; {@code volumes * slices} pairs are aligned
 * @param learningRate of AdamW, at its highest
 * @param warmup steps until it is reached
 * @param weightDecay of matrices and kernels
 * @param maxNorm bound on the gradients' global norm
 * @param imageWeight of the alignment with the slices' image embeddings
 * @param textWeight of the alignment with the embeddings of their descriptions
 * @param reconstructionWeight of the mean squared error of the reconstructed volume
 * @param maskShare share of the volume hidden from the encoder, in blocks
 * @param maskBlock side of a block in voxels
 * @param alignment how embeddings are pulled towards those of images and texts; none leaves their
 *     weights unused
 * @param epsilon weight of the entropy in optimal transport
 * @param mass transported mass of partial optimal transport
 * @param metric distance between embeddings, for transport and triplets
 * @param temperature of InfoNCE at the start; it is learned
 * @param margin of triplets
 * @param negatives which wrong partners triplets count
 * @param queue pairs of earlier steps that are compared as well; 0 for none
 * @param psat shape of the plane-slice-aware transformer
 * @param augmentation random changes of intensities; changes of geometry are not made, since
 *     descriptions name sides
 */
public record PretrainSettings(
    boolean enabled,
    int epochs,
    int stepsPerEpoch,
    int volumes,
    int slices,
    double learningRate,
    int warmup,
    double weightDecay,
    double maxNorm,
    double imageWeight,
    double textWeight,
    double reconstructionWeight,
    double maskShare,
    int maskBlock,
    AlignmentKind alignment,
    double epsilon,
    double mass,
    MetricKind metric,
    double temperature,
    double margin,
    TripletNegatives negatives,
    int queue,
    PsatSettings psat,
    Augmentation augmentation) {
  public PretrainSettings {
    Bounds bounds = new Bounds("pretrain");
    bounds.positive("epochs", epochs);
    bounds.positive("stepsPerEpoch", stepsPerEpoch);
    bounds.positive("volumes", volumes);
    bounds.positive("slices", slices);
    bounds.positive("learningRate", learningRate);
    bounds.positive("maxNorm", maxNorm);
    bounds.positive("maskBlock", maskBlock);
    bounds.positive("epsilon", epsilon);
    bounds.notNegative("warmup", warmup);
    bounds.notNegative("weightDecay", weightDecay);
    bounds.share("maskShare", maskShare);
    if (!(mass > 0 && mass <= 1)) {
      throw new UsageException("pretrain.mass is " + mass + ": expected above 0, at most 1.");
    }
    if (!(imageWeight >= 0 && textWeight >= 0 && reconstructionWeight >= 0)
        || imageWeight + textWeight + reconstructionWeight == 0) {
      throw new UsageException(
          "pretrain.imageWeight, textWeight and reconstructionWeight are "
              + imageWeight
              + ", "
              + textWeight
              + " and "
              + reconstructionWeight
              + ": expected none below 0 and one above it.");
    }
    if (alignment == AlignmentKind.NONE && reconstructionWeight == 0) {
      throw new UsageException(
          "pretrain.alignment is none and pretrain.reconstructionWeight is 0: nothing is left to"
              + " train; raise the weight or choose an alignment.");
    }
    if (!(temperature >= InfoNceAlignment.LOWEST && temperature <= 1)) {
      throw new UsageException(
          "pretrain.temperature is " + temperature + ": expected 0.01 to 1, such as 0.07.");
    }
    if (!(margin >= 0) || Double.isInfinite(margin)) {
      throw new UsageException(
          "pretrain.margin is " + margin + ": expected 0 or more, such as 0.2.");
    }
    if (queue < 0 || queue > MOST_STORED) {
      throw new UsageException(
          "pretrain.queue is " + queue + ": expected 0 to " + MOST_STORED + " pairs.");
    }
    if (imageWeight + textWeight > 0
        && alignment != AlignmentKind.NONE
        && volumes * slices + queue < 2) {
      throw new UsageException(
          "pretrain.volumes times pretrain.slices is 1: alignment needs at least 2 pairs a step, or"
              + " a pretrain.queue.");
    }
  }

  /**
   * Costs between all pairs are held in memory, and a transport plan of this size takes a second.
   */
  private static final int MOST_STORED = 4096;

  /** Whether embeddings are aligned at all. */
  public boolean aligns() {
    return alignment != AlignmentKind.NONE && imageWeight + textWeight > 0;
  }

  /** The same with another alignment. */
  public PretrainSettings withAlignment(AlignmentKind other) {
    return new PretrainSettings(
        enabled,
        epochs,
        stepsPerEpoch,
        volumes,
        slices,
        learningRate,
        warmup,
        weightDecay,
        maxNorm,
        imageWeight,
        textWeight,
        reconstructionWeight,
        maskShare,
        maskBlock,
        other,
        epsilon,
        mass,
        metric,
        temperature,
        margin,
        negatives,
        queue,
        psat,
        augmentation);
  }

  /** The paper's loss with settings for some minutes on a small data set. */
  public static PretrainSettings standard() {
    return new PretrainSettings(
        true,
        6,
        20,
        4,
        6,
        1e-3,
        20,
        1e-2,
        12,
        1,
        1,
        1,
        0.3,
        8,
        AlignmentKind.PARTIAL_OT,
        0.03,
        0.95,
        MetricKind.DIAGONAL,
        0.07,
        0.2,
        TripletNegatives.ALL,
        0,
        PsatSettings.standard(),
        intensitiesOnly());
  }

  private static Augmentation intensitiesOnly() {
    return new Augmentation(
        false,
        false,
        false,
        Change.NEVER,
        Change.NEVER,
        new Change(0.15, 0, 0.2),
        new Change(0.15, 0.5, 1),
        new Change(0.15, 0.75, 1.25),
        new Change(0.15, 0.75, 1.25),
        new Change(0.3, 0.7, 1.5));
  }
}
