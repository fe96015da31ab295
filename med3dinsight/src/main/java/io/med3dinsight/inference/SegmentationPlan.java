package io.med3dinsight.inference;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.Preprocessing;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a trained segmentation network needs beside its weights.
 *
 * @param dataset name of the dataset it was trained on
 * @param modality what its images were, such as "MRI" or "CT"; several channels joined by +
 * @param labels label value to name, consecutive from 0, the background; class number and label are
 *     the same
 * @param preprocessing the way from a file's voxels to the network's
 * @param patch extents of the network's window in voxels, each divisible by the network's strides
 * @param network the network, with an input for each channel and {@link #classes} outputs
 */
public record SegmentationPlan(
    String dataset,
    String modality,
    SortedMap<Integer, String> labels,
    Preprocessing preprocessing,
    PatchSize patch,
    NetworkConfig network) {

  /**
   * @throws IllegalArgumentException when the parts do not fit each other
   */
  public SegmentationPlan {
    Objects.requireNonNull(dataset, "dataset");
    Objects.requireNonNull(modality, "modality");
    Objects.requireNonNull(preprocessing, "preprocessing");
    labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    requireConsecutive(labels);
    requireUsable(network, preprocessing.channels());
    requireDivisible(patch, network);
  }

  private static void requireConsecutive(SortedMap<Integer, String> labels) {
    if (labels.size() < 2 || labels.firstKey() != 0 || labels.lastKey() != labels.size() - 1) {
      throw new IllegalArgumentException(
          "labels "
              + labels.keySet()
              + ", expected the background 0 and at least one more, without gaps");
    }
  }

  private static void requireUsable(NetworkConfig network, int channels) {
    if (network.inputChannels() != channels) {
      throw new IllegalArgumentException(
          "a network of " + network.inputChannels() + " input channels, expected " + channels);
    }
    if (network instanceof UNetConfig unet && unet.stages() < 2) {
      throw new IllegalArgumentException(
          "a network of " + unet.stages() + " stage, expected at least 2");
    }
  }

  private static void requireDivisible(PatchSize patch, NetworkConfig network) {
    int[] extents = {patch.depth(), patch.height(), patch.width()};
    int[] divisor = network.divisor();
    for (int a = 0; a < 3; a++) {
      if (extents[a] % divisor[a] != 0) {
        throw new IllegalArgumentException(
            "a patch of "
                + Arrays.toString(extents)
                + " (D, H, W), expected multiples of the network's strides "
                + Arrays.toString(divisor));
      }
    }
  }

  /** Number of classes with the background. */
  public int classes() {
    return labels.size();
  }

  /** Number of channels that an image must have. */
  public int channels() {
    return preprocessing.channels();
  }

  /** What an image must have, as the end of a sentence about one that has something else. */
  public String wantedChannels() {
    return Channels.wanted(channels(), modality);
  }

  /** Extents of the window along D, H, W. */
  int[] window() {
    return new int[] {patch.depth(), patch.height(), patch.width()};
  }

  /** This plan as it stands in a checkpoint. */
  public ObjectNode toJson() {
    return PlanJson.write(this);
  }

  /**
   * The plan that {@link #toJson} wrote.
   *
   * @param source the file it comes from, for messages
   * @throws io.med3dinsight.nn.checkpoint.CheckpointException when an entry is missing, unknown, of
   *     another type or unusable
   */
  public static SegmentationPlan fromJson(JsonNode json, String source) {
    return new PlanJson(source).read(json);
  }
}
