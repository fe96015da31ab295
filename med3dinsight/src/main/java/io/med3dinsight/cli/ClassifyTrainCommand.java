package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.pipeline.ClassificationRun;
import io.med3dinsight.pipeline.ClassificationRunSettings;
import io.med3dinsight.pipeline.PretrainedSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Trains a classifier and leaves a run folder. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Fine-tune an encoder with a linear head on labelled volumes, and score it.",
      "--from starts from a pretrained encoder; network.patch is the input's size."
    })
final class ClassifyTrainCommand implements Callable<Integer>, Computes {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "FILE|DIR",
      description =
          "MedMNIST3D's .npz, a .csv with columns file, label and perhaps split, or a folder of"
              + " class folders, perhaps below train, val and test.")
  private Path data;

  @Option(
      names = "--from",
      paramLabel = "RUN|FILE",
      description =
          "Pretrained encoder: a run folder of `pretrain` or `train`, whose network is then built, or"
              + " a file of weights; the same as network.weights.")
  private Path from;

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
    RunSession session = new RunSession(run, compute, arguments);
    PretrainedSource source = from == null ? null : PretrainedSource.of(from);
    ClassificationRunSettings standard = ClassificationRunSettings.standard();
    if (source != null && source.network() != null) {
      standard = standard.withNetwork(source.network());
    }
    ClassificationRunSettings settings = session.settings(standard, s -> withOptions(s, source));
    if (settings.data() == null) {
      throw new UsageException("classify train needs --data: an .npz, a .csv or a folder.");
    }
    Map<Split, ClassificationScores> scores =
        session.run(
            settings,
            settings.seed(),
            settings.checkpointSeconds(),
            settings.inputFiles(),
            "classify train",
            context -> new ClassificationRun(settings, session.folder(), context).run());
    if (scores == null) {
      return StopSignal.EXIT_CODE;
    }
    PrintWriter out = spec.commandLine().getOut();
    scores.forEach((split, s) -> out.println(line(split.label(), s)));
    out.println("Run folder: " + session.folder().root());
    out.flush();
    return 0;
  }

  static String line(String split, ClassificationScores s) {
    return String.format(
        Locale.ROOT,
        "%-6s AUC %.3f, accuracy %.3f, balanced accuracy %.3f, F1 %.3f over %d images",
        split,
        s.auc(),
        s.accuracy(),
        s.balancedAccuracy(),
        s.f1(),
        s.cases());
  }

  private ClassificationRunSettings withOptions(
      ClassificationRunSettings settings, PretrainedSource source) {
    ClassificationRunSettings changed = data == null ? settings : settings.withData(data);
    changed = source == null ? changed : changed.withWeights(source.weights());
    changed = changed.withAbsolutePaths();
    return run.seed() == null ? changed : changed.withSeed(run.seed());
  }
}
