package io.med3dinsight.cli;

import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.pipeline.RunFolder;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.pipeline.SegmentationPage;
import io.med3dinsight.pipeline.TrainingRun;
import io.med3dinsight.report.RunReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the whole pipeline and leaves a run folder. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Describe, encode, pretrain, fine-tune, evaluate and report.",
      "Without --data it uses the built-in sample: 24 hippocampus MRI, 18 for training, 6 for testing."
    })
final class TrainCommand implements Callable<Integer>, Computes {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "DIR",
      description = "Folder with dataset.json, imagesTr and labelsTr (MSD or nnU-Net layout).")
  private Path data;

  @Option(
      names = "--captions",
      paramLabel = "FILE.jsonl",
      description = "Ready-made captions, as `caption` writes them; the same as describe.captions.")
  private Path captions;

  @Mixin private PretrainOptions run = new PretrainOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    RunSession session =
        new RunSession(
            run, compute, spec.commandLine().getParent().getParseResult().originalArgs());
    RunSettings settings = session.settings(RunSettings.standard(), this::withOptions);
    return run(spec, session, settings, "train");
  }

  private RunSettings withOptions(RunSettings settings) {
    RunSettings changed = data == null ? settings : settings.withData(data);
    changed = captions == null ? changed : changed.withCaptions(captions);
    changed = changed.withAbsolutePaths();
    return run.seed() == null ? changed : changed.withSeed(run.seed());
  }

  /** Runs the stages that the settings ask for, writes the page and says the scores. */
  static int run(CommandSpec spec, RunSession session, RunSettings settings, String command)
      throws IOException {
    RunFolder folder = session.folder();
    Evaluation scores =
        session.run(
            settings,
            settings.seed(),
            settings.checkpointSeconds(),
            settings.inputFiles(),
            command,
            context -> new TrainingRun(settings, folder, context).run());
    if (scores == null) {
      return StopSignal.EXIT_CODE;
    }
    new SegmentationPage(folder, settings).write(scores);
    print(spec, scores, folder);
    return 0;
  }

  private static void print(CommandSpec spec, Evaluation scores, RunFolder folder) {
    var out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "Mean Dice %.3f, HD95 %.2f mm over %d test cases.%n",
        scores.dice(),
        scores.hd95(),
        scores.cases().size());
    for (Evaluation.ClassMean c : scores.classes()) {
      out.printf(Locale.ROOT, "  %-20s Dice %.3f, HD95 %.2f mm%n", c.name(), c.dice(), c.hd95());
    }
    out.printf("Report: %s%n", folder.root().resolve(RunReport.FILE));
    out.flush();
  }
}
