package io.med3dinsight.pipeline;

import io.med3dinsight.UsageException;
import io.med3dinsight.encoder2d.SliceTextConfig;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.pipeline.RunSettings.ClipSettings;
import io.med3dinsight.pipeline.RunSettings.DescribeSettings;
import io.med3dinsight.pretrain.PretrainSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Everything that decides the results of pretraining alone, as it stands in {@code config.yaml}.
 *
 * @param data folder of volumes in any layout, .csv or one volume; null for the built-in sample
 * @param modality of the volumes of which the data do not say it; null for unknown
 * @param split JSON file {"train": [ids], "test": [ids]} or nnU-Net's splits_final.json; null for
 *     the folder's own, if it has one
 * @param fold which fold of a splits_final.json, from 0
 * @param learnFromHeldOut whether volumes that the split holds out for testing are learned from,
 *     too
 * @param seed of every random number
 * @param checkpointSeconds time between two checkpoints
 * @param spacing x, y, z of the network's voxels in mm, in RAS order; null for the data's medians
 * @param describe which slices are put into words, and by whom
 * @param encoder2d the slice-text encoder that is trained where no other is named
 * @param clip CLIP or BiomedCLIP instead of it
 * @param pretrain pretraining
 * @param network architecture and shape of the network
 */
public record PretrainRunSettings(
    Path data,
    String modality,
    Path split,
    int fold,
    boolean learnFromHeldOut,
    long seed,
    int checkpointSeconds,
    double[] spacing,
    DescribeSettings describe,
    SliceTextConfig encoder2d,
    ClipSettings clip,
    PretrainSettings pretrain,
    NetworkSettings network) {

  public PretrainRunSettings {
    if (checkpointSeconds < 1) {
      throw new UsageException(
          "checkpointSeconds is " + checkpointSeconds + ": expected at least 1.");
    }
    RunSettings.requireUsable(spacing);
    if (!pretrain.enabled()) {
      throw new UsageException(
          "pretrain.enabled is false: nothing would be left to do; leave it out.");
    }
  }

  /** The settings that a whole run has. */
  public static PretrainRunSettings standard() {
    RunSettings s = RunSettings.standard();
    return new PretrainRunSettings(
        s.data(),
        null,
        s.split(),
        s.fold(),
        false,
        s.seed(),
        s.checkpointSeconds(),
        s.spacing(),
        s.describe(),
        s.encoder2d(),
        s.clip(),
        s.pretrain(),
        s.network());
  }

  /** The same with what the command's options name; null leaves a value as it is. */
  public PretrainRunSettings with(Path newData, String newModality, Path captions, Long newSeed) {
    return new PretrainRunSettings(
        absolute(newData == null ? data : newData),
        newModality == null ? modality : newModality,
        absolute(split),
        fold,
        learnFromHeldOut,
        newSeed == null ? seed : newSeed,
        checkpointSeconds,
        spacing,
        new DescribeSettings(
            describe.slicesPerPlane(), absolute(captions == null ? describe.captions() : captions)),
        encoder2d,
        new ClipSettings(absolute(clip.folder()), absolute(clip.cache())),
        pretrain,
        network.withAbsolutePaths());
  }

  private static Path absolute(Path path) {
    return path == null ? null : path.toAbsolutePath().normalize();
  }

  /** The stages' settings in the form of a whole run's. */
  RunSettings asRun() {
    RunSettings s = RunSettings.standard();
    return new RunSettings(
        data,
        split,
        fold,
        s.testShare(),
        seed,
        checkpointSeconds,
        spacing,
        s.normalization(),
        describe,
        encoder2d,
        clip,
        pretrain,
        network,
        s.finetune(),
        s.inference());
  }

  /** Files that are hashed into the run's provenance. */
  public List<Path> inputFiles() {
    Stream<Path> table = Stream.ofNullable(data);
    return Stream.concat(table, asRun().inputFiles().stream())
        .filter(Files::isRegularFile)
        .toList();
  }
}
