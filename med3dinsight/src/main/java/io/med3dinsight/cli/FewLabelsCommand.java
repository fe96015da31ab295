package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.fewlabels.CellResult;
import io.med3dinsight.fewlabels.Summary;
import io.med3dinsight.pipeline.FewLabelsRun;
import io.med3dinsight.pipeline.FewLabelsSettings;
import io.med3dinsight.pipeline.PretrainedSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares training from scratch and from pretrained weights on parts of the labels. */
@Command(
    name = "few-labels",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Train on nested parts of the labels, from scratch and from a pretrained checkpoint, with"
          + " several seeds: table, CSV and curve with intervals.",
      "Settings are percents, seeds, and those of `train` below segmentation, of `classify train`"
          + " below classification."
    })
final class FewLabelsCommand implements Callable<Integer>, Computes {
  @Spec private CommandSpec spec;

  @Option(
      names = "--task",
      paramLabel = "segmentation|classification",
      description = "What is trained (default: segmentation).")
  private FewLabelsSettings.Task task;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "FILE|DIR",
      description = "Data set of the task; the built-in sample without.")
  private Path data;

  @Option(
      names = "--pretrained",
      paramLabel = "RUN|FILE",
      description =
          "What to compare with: a run folder of `pretrain` or `train`, whose network is then"
              + " built, or a file of weights; without it everything starts from scratch.")
  private Path pretrained;

  @Option(
      names = "--seeds",
      paramLabel = "K",
      defaultValue = "0",
      description = "Number of seeds (default: 3).",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private int seeds;

  @Option(names = "--clip", paramLabel = "FOLDER", hidden = true)
  private Path clip;

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    if (seeds < 0) {
      throw new UsageException("--seeds is " + seeds + ": expected at least 1.");
    }
    if (clip != null) {
      throw new UsageException(
          "few-labels pretrains nothing, so --clip has no use here: pretrain with `pretrain --clip "
              + clip
              + "` and give its run folder as --pretrained.");
    }
    run.encoderKeys("segmentation.network.type", "classification.network.type");
    RunSession session =
        new RunSession(
            run, compute, spec.commandLine().getParent().getParseResult().originalArgs());
    PretrainedSource source = pretrained == null ? null : PretrainedSource.of(pretrained);
    FewLabelsSettings standard = FewLabelsSettings.standard();
    if (source != null && source.network() != null) {
      standard = standard.withNetwork(source.network());
    }
    Path weights = source == null ? null : source.weights();
    FewLabelsSettings settings =
        session.settings(standard, s -> s.with(task, data, weights, seeds, run.seed()));
    if (settings.task() == FewLabelsSettings.Task.CLASSIFICATION
        && settings.classification().data() == null) {
      throw new UsageException(
          "few-labels --task classification needs --data: an .npz, a .csv or a folder.");
    }
    int every =
        settings.task() == FewLabelsSettings.Task.SEGMENTATION
            ? settings.segmentation().checkpointSeconds()
            : settings.classification().checkpointSeconds();
    List<CellResult> results =
        session.run(
            settings,
            settings.seed(),
            every,
            settings.inputFiles(),
            "few-labels",
            context -> new FewLabelsRun(settings, session.folder(), context).run());
    if (results == null) {
      return StopSignal.EXIT_CODE;
    }
    spec.commandLine().getOut().print(Summary.table(Summary.of(results)));
    spec.commandLine().getOut().println("Run folder: " + session.folder().root());
    spec.commandLine().getOut().flush();
    return 0;
  }
}
