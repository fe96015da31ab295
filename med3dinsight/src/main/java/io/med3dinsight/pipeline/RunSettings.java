package io.med3dinsight.pipeline;

import io.med3dinsight.UsageException;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.encoder2d.SliceTextConfig;
import io.med3dinsight.finetune.FinetuneSettings;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.pretrain.PretrainSettings;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Everything that decides a run's results, as it stands in {@code config.yaml}.
 *
 * @param data folder in the layout of the Medical Segmentation Decathlon; null for the built-in
 *     sample
 * @param split JSON file {"train": [ids], "test": [ids]} or nnU-Net's splits_final.json; null for
 *     the folder's own or, without one, a random split
 * @param fold which fold of a splits_final.json, from 0
 * @param testShare share of the cases held out by a random split
 * @param seed of every random number
 * @param checkpointSeconds time between two checkpoints
 * @param spacing x, y, z of the network's voxels in mm, in RAS order; null for the data's medians
 * @param normalization how each channel's intensities are normalised; null to follow from its name
 * @param describe which slices are put into words, and by whom
 * @param encoder2d the slice-text encoder that is trained where no other is named
 * @param clip CLIP or BiomedCLIP instead of it
 * @param pretrain pretraining without labels
 * @param network architecture and shape of the network
 * @param finetune fine-tuning for segmentation
 * @param inference how the test cases are segmented
 */
public record RunSettings(
    Path data,
    Path split,
    int fold,
    double testShare,
    long seed,
    int checkpointSeconds,
    double[] spacing,
    List<Normalization.Scheme> normalization,
    DescribeSettings describe,
    SliceTextConfig encoder2d,
    ClipSettings clip,
    PretrainSettings pretrain,
    NetworkSettings network,
    FinetuneSettings finetune,
    InferenceOptions inference) {

  /**
   * Which slices are described.
   *
   * @param slicesPerPlane slices of each plane, evenly spaced
   * @param captions ready-made descriptions as JSON lines; null for the offline describer
   */
  public record DescribeSettings(int slicesPerPlane, Path captions) {
    public DescribeSettings {
      if (slicesPerPlane < 1) {
        throw new UsageException(
            "describe.slicesPerPlane is " + slicesPerPlane + ": expected at least 1.");
      }
    }
  }

  /**
   * A frozen slice-text encoder from a folder.
   *
   * @param folder CLIP or BiomedCLIP in open_clip's or Hugging Face's layout; null to train a small
   *     encoder
   * @param cache folder where its embeddings are kept for other runs; null for the run's own
   */
  public record ClipSettings(Path folder, Path cache) {}

  public RunSettings {
    if (checkpointSeconds < 1) {
      throw new UsageException(
          "checkpointSeconds is " + checkpointSeconds + ": expected at least 1.");
    }
    requireUsable(spacing);
  }

  /** Refuses voxel sizes that are not three above 0; null is well. */
  static void requireUsable(double[] spacing) {
    boolean positive = spacing == null || Arrays.stream(spacing).allMatch(s -> s > 0);
    if (spacing != null && (spacing.length != 3 || !positive)) {
      throw new UsageException(
          "spacing is " + Arrays.toString(spacing) + ": expected three sizes above 0.");
    }
  }

  /** Size of the network's voxels; null for the data's medians. */
  Spacing voxelSize() {
    return spacing == null ? null : new Spacing(spacing[0], spacing[1], spacing[2]);
  }

  /** Settings for some minutes on two processors. */
  public static RunSettings standard() {
    return new RunSettings(
        null,
        null,
        0,
        0.2,
        1,
        60,
        null,
        null,
        new DescribeSettings(12, null),
        SliceTextConfig.standard(),
        new ClipSettings(null, null),
        PretrainSettings.standard(),
        NetworkSettings.standard(),
        FinetuneSettings.standard(),
        InferenceOptions.standard());
  }

  /** The same with another data folder. */
  public RunSettings withData(Path folder) {
    return with(folder, split, seed, describe, clip, network);
  }

  /** The same with ready-made captions. */
  public RunSettings withCaptions(Path file) {
    DescribeSettings described = new DescribeSettings(describe.slicesPerPlane(), file);
    return with(data, split, seed, described, clip, network);
  }

  /** The same with another seed. */
  public RunSettings withSeed(long newSeed) {
    return with(data, split, newSeed, describe, clip, network);
  }

  /** The same with another network. */
  public RunSettings withNetwork(NetworkSettings other) {
    return with(data, split, seed, describe, clip, other);
  }

  /** The same without pretraining, from weights that are there. */
  public RunSettings startingFrom(Path weights) {
    return withoutPretraining(split, fold, seed, weights);
  }

  /**
   * The same without pretraining, for a part of the training cases.
   *
   * @param part the split that names them
   * @param weights to start from; null for fresh ones
   */
  public RunSettings fewLabels(Path part, long newSeed, Path weights) {
    return withoutPretraining(part, 0, newSeed, weights);
  }

  private RunSettings withoutPretraining(Path newSplit, int newFold, long newSeed, Path weights) {
    return new RunSettings(
        data,
        newSplit,
        newFold,
        testShare,
        newSeed,
        checkpointSeconds,
        spacing,
        normalization,
        describe,
        encoder2d,
        clip,
        Configuration.read(pretrain, null, List.of("enabled=false")),
        network.withWeights(weights),
        finetune,
        inference);
  }

  /** The same with paths that hold in any working directory, so that a run resumes from any. */
  public RunSettings withAbsolutePaths() {
    Path captions = absolute(describe.captions());
    return with(
        absolute(data),
        absolute(split),
        seed,
        new DescribeSettings(describe.slicesPerPlane(), captions),
        new ClipSettings(absolute(clip.folder()), absolute(clip.cache())),
        network.withAbsolutePaths());
  }

  private static Path absolute(Path path) {
    return path == null ? null : path.toAbsolutePath().normalize();
  }

  private RunSettings with(
      Path newData,
      Path newSplit,
      long newSeed,
      DescribeSettings newDescribe,
      ClipSettings newClip,
      NetworkSettings newNetwork) {
    return new RunSettings(
        newData,
        newSplit,
        fold,
        testShare,
        newSeed,
        checkpointSeconds,
        spacing,
        normalization,
        newDescribe,
        encoder2d,
        newClip,
        pretrain,
        newNetwork,
        finetune,
        inference);
  }

  /**
   * Files that say which data the run uses; those that are there are hashed into its provenance.
   */
  public List<Path> inputFiles() {
    return Stream.of(
            data == null ? null : data.resolve("dataset.json"),
            data == null ? null : data.resolve("splits.json"),
            data == null ? null : data.resolve("splits_final.json"),
            split,
            describe.captions(),
            clip.folder() == null ? null : clip.folder().resolve("open_clip_config.json"),
            clip.folder() == null ? null : clip.folder().resolve("config.json"),
            network.weights())
        .filter(p -> p != null && Files.isRegularFile(p))
        .toList();
  }
}
