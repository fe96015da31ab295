package io.med3dinsight.classification;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.util.List;

/**
 * What a trained classifier needs beside its weights.
 *
 * @param dataset name of the data set it was trained on
 * @param modality what its images were, such as "CT"; several channels joined by +; empty where
 *     that was not said
 * @param classes names of the classes, in the order of the labels
 * @param spacing size in mm of the network's voxels, in RAS order
 * @param input extents of the network's input; images are cut or filled up about their middle
 * @param normalizations of the intensities of each channel, after resampling
 * @param pooling how the features of a volume become one vector
 * @param statistics of the input that stand beside it, because normalisation layers take out how
 *     much of an image is bright: mean and deviation over the training images of their means, then
 *     of their deviations, by which both are scaled; these four for each channel, or empty for none
 * @param network the encoder's network, with an input for each channel
 */
public record ClassificationPlan(
    String dataset,
    String modality,
    List<String> classes,
    Spacing spacing,
    PatchSize input,
    List<Normalization> normalizations,
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
    normalizations = List.copyOf(normalizations);
    if (normalizations.isEmpty() || network.inputChannels() != normalizations.size()) {
      throw new IllegalArgumentException(
          "a network of "
              + network.inputChannels()
              + " input channels and "
              + normalizations.size()
              + " normalisations, expected one for each channel");
    }
    boolean usable = statistics.length == 0 || statistics.length == 4 * normalizations.size();
    for (int i = 1; i < statistics.length; i += 2) {
      usable &= statistics[i] > 0;
    }
    if (!usable) {
      throw new IllegalArgumentException(
          "statistics "
              + java.util.Arrays.toString(statistics)
              + ", expected none or 4 for each channel with deviations above 0");
    }
    if (classes.size() < 2) {
      throw new IllegalArgumentException(classes.size() + " class(es), expected at least 2");
    }
  }

  /** Number of channels that an image must have. */
  public int channels() {
    return normalizations.size();
  }

  /** What an image must have, as the end of a sentence about one that has something else. */
  public String wantedChannels() {
    return Channels.wanted(channels(), modality);
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
