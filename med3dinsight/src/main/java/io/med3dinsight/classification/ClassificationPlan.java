package io.med3dinsight.classification;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.util.List;

/**
 * What a trained classifier needs beside its weights.
 *
 * @param dataset name of the data set it was trained on
 * @param classes names of the classes, in the order of the labels
 * @param spacing size in mm of the network's voxels, in RAS order
 * @param input extents of the network's input; images are cut or filled up about their middle
 * @param normalization of the intensities, after resampling
 * @param pooling how the features of a volume become one vector
 * @param statistics of the input that stand beside it, because normalisation layers take out how
 *     much of an image is bright: mean and deviation over the training images of their means, then
 *     of their deviations, by which both are scaled; empty for none
 * @param network the encoder's network
 */
public record ClassificationPlan(
    String dataset,
    List<String> classes,
    Spacing spacing,
    PatchSize input,
    Normalization normalization,
    Pooling pooling,
    double[] statistics,
    NetworkConfig network) {

  /** How the coarsest features become one vector. */
  public enum Pooling {
    /** Their mean over all voxels. */
    MEAN,
    /** Their mean and their largest values, one behind the other. */
    MEAN_AND_MAX
  }

  public ClassificationPlan {
    classes = List.copyOf(classes);
    statistics = statistics.clone();
    boolean usable = statistics.length == 0 || statistics.length == 4;
    if (!usable || (statistics.length == 4 && !(statistics[1] > 0 && statistics[3] > 0))) {
      throw new IllegalArgumentException(
          "statistics "
              + java.util.Arrays.toString(statistics)
              + ", expected none or 4 with deviations above 0");
    }
    if (network.inputChannels() != 1) {
      throw new IllegalArgumentException(
          "a network of " + network.inputChannels() + " input channels, expected 1");
    }
    if (classes.size() < 2) {
      throw new IllegalArgumentException(classes.size() + " class(es), expected at least 2");
    }
  }

  /** This plan as it stands in a checkpoint. */
  public ObjectNode toJson() {
    return ClassificationPlanJson.write(this);
  }

  /**
   * The plan that {@link #toJson} wrote.
   *
   * @param source the file it comes from, for messages
   * @throws io.med3dinsight.nn.checkpoint.CheckpointException when it cannot be used
   */
  public static ClassificationPlan fromJson(JsonNode json, String source) {
    return ClassificationPlanJson.read(json, source);
  }
}
