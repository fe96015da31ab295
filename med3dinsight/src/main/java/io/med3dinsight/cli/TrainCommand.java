package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.pipeline.RunFolder;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.pipeline.SegmentationPage;
import io.med3dinsight.pipeline.TrainingRun;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import io.med3dinsight.report.Build;
import io.med3dinsight.report.MetricsLine;
import io.med3dinsight.report.MetricsLog;
import io.med3dinsight.report.Provenance;
import io.med3dinsight.report.RunReport;
import io.med3dinsight.training.MetricsSink;
import io.med3dinsight.training.TrainingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
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
  private static final Duration PATIENCE = Duration.ofSeconds(60);

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

  @Mixin private RunOptions run = new RunOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    RunFolder folder = new RunFolder(outputFolder());
    RunSettings settings = settings(folder);
    Device device = compute.device();
    if (!run.resume()) {
      folder.begin(settings);
    }
    Progress progress = TerminalProgress.standard();
    Provenance provenance = provenance(folder, settings, progress);
    Evaluation scores;
    try (StopSignal stop = StopSignal.listen(PATIENCE);
        MetricsLog log = MetricsLog.open(folder.root())) {
      TrainingContext context =
          new TrainingContext(
              folder.root(),
              device,
              run.resume(),
              Duration.ofSeconds(settings.checkpointSeconds()),
              sink(log),
              progress,
              stop);
      scores = new TrainingRun(settings, folder, context).run();
    } catch (DataException | UsageException e) {
      if (!run.resume()) {
        folder.abandon();
      }
      throw e;
    }
    if (scores == null) {
      progress.say("Stopped; go on with: train --resume --output " + folder.root());
      return StopSignal.EXIT_CODE;
    }
    provenance.finish().write(folder.root());
    new SegmentationPage(folder, settings).write(scores);
    print(scores, folder);
    return 0;
  }

  /** Where the run comes from; a resumed one keeps what it was begun with. */
  private Provenance provenance(RunFolder folder, RunSettings settings, Progress progress)
      throws IOException {
    if (run.resume() && Files.exists(folder.root().resolve(Provenance.FILE))) {
      Provenance begun = Provenance.read(folder.root());
      Build now = Build.current();
      if (!begun.program().equals(now)) {
        progress.say(
            "This run was begun by version "
                + begun.program().version()
                + " (commit "
                + begun.program().commit()
                + ") and goes on with another build ("
                + now.commit()
                + "): its results may differ from an uninterrupted run's.");
      }
      return begun;
    }
    Provenance provenance =
        Provenance.start(
            compute.threads(),
            settings.seed(),
            spec.commandLine().getParent().getParseResult().originalArgs(),
            settings.inputFiles());
    provenance.write(folder.root());
    return provenance;
  }

  private Path outputFolder() {
    if (run.output() != null) {
      return run.output();
    }
    if (run.resume()) {
      throw new UsageException("--resume needs --output: the folder of the run to go on with.");
    }
    String now = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
    return Path.of("runs", now);
  }

  private RunSettings settings(RunFolder folder) {
    RunSettings base = run.resume() ? folder.settings() : RunSettings.standard();
    RunSettings settings = run.settings(base);
    if (data != null) {
      settings = settings.withData(data);
    }
    if (captions != null) {
      settings = settings.withCaptions(captions);
    }
    settings = settings.withAbsolutePaths();
    if (run.seed() != null) {
      settings = settings.withSeed(run.seed());
    }
    if (run.resume() && !Configuration.toYaml(settings).equals(Configuration.toYaml(base))) {
      throw new UsageException(
          "A resumed run keeps its settings: leave out what differs from "
              + folder.config()
              + ", or start another run.");
    }
    return settings;
  }

  private static MetricsSink sink(MetricsLog log) {
    return new MetricsSink() {
      @Override
      public void write(
          String stage, int epoch, long step, double seconds, Map<String, Double> values) {
        log.append(new MetricsLine(stage, epoch, step, seconds, values));
      }

      @Override
      public void rewind(String stage, long step) {
        log.truncateAfter(stage, step);
      }
    };
  }

  private void print(Evaluation scores, RunFolder folder) {
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
