package io.med3dinsight.pipeline;

import io.med3dinsight.UsageException;
import io.med3dinsight.network.NetworkSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that decides a comparison of few labels, as it stands in {@code config.yaml}.
 *
 * @param task what is trained; the settings of the other task are not used
 * @param percents shares of the training cases
 * @param seeds number of subsets and trainings for each
 * @param seed the first seed; also that of the split
 * @param pretrained checkpoint to compare with; null to train from scratch only
 * @param segmentation a run for segmentation; its pretraining is left out
 * @param classification a run for classification
 */
public record FewLabelsSettings(
    Task task,
    double[] percents,
    int seeds,
    long seed,
    Path pretrained,
    RunSettings segmentation,
    ClassificationRunSettings classification) {
  /** What is trained. */
  public enum Task {
    SEGMENTATION,
    CLASSIFICATION
  }

  public FewLabelsSettings {
    if (percents.length == 0 || seeds < 1) {
      throw new UsageException("percents and seeds must name at least one share and one seed.");
    }
    for (double p : percents) {
      io.med3dinsight.fewlabels.Subsets.size(p, 1, 1);
    }
  }

  /** 1, 5, 10, 25, 50 and 100 percent, three seeds. */
  public static FewLabelsSettings standard() {
    return new FewLabelsSettings(
        Task.SEGMENTATION,
        new double[] {1, 5, 10, 25, 50, 100},
        3,
        1,
        null,
        RunSettings.standard(),
        ClassificationRunSettings.standard());
  }

  /** The same with another network for either task. */
  public FewLabelsSettings withNetwork(NetworkSettings network) {
    return new FewLabelsSettings(
        task,
        percents,
        seeds,
        seed,
        pretrained,
        segmentation.withNetwork(network),
        classification.withNetwork(network));
  }

  /** The same with what the command's options name; null and 0 leave a value as it is. */
  public FewLabelsSettings with(Task newTask, Path data, Path weights, int newSeeds, Long newSeed) {
    long first = newSeed == null ? seed : newSeed;
    Path checkpoint = weights == null ? pretrained : weights;
    RunSettings s = data == null ? segmentation : segmentation.withData(data);
    ClassificationRunSettings c = data == null ? classification : classification.withData(data);
    return new FewLabelsSettings(
        newTask == null ? task : newTask,
        percents,
        newSeeds == 0 ? seeds : newSeeds,
        first,
        checkpoint == null ? null : checkpoint.toAbsolutePath().normalize(),
        s.withSeed(first).withAbsolutePaths(),
        c.withSeed(first).withAbsolutePaths());
  }

  /** Files that are hashed into the run's provenance. */
  public List<Path> inputFiles() {
    List<Path> files =
        new ArrayList<>(
            task == Task.SEGMENTATION ? segmentation.inputFiles() : classification.inputFiles());
    if (pretrained != null && Files.isRegularFile(pretrained)) {
      files.add(pretrained);
    }
    return files;
  }
}
