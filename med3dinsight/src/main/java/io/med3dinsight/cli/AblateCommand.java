package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.ablation.AblationFolder;
import io.med3dinsight.ablation.AblationGrid;
import io.med3dinsight.ablation.AblationRun;
import io.med3dinsight.ablation.Start;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.pipeline.LogSink;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import io.med3dinsight.report.MetricsLog;
import io.med3dinsight.report.Provenance;
import io.med3dinsight.training.TrainingContext;
import io.med3dinsight.transport.AlignmentKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares alignments, captions, starts and shares of labels. */
@Command(
    name = "ablate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compare alignments, noise in the captions, starting points and shares of labels.",
      "Finished cells are kept: with --resume the rest is computed, and options may add further"
          + " cells."
    })
final class AblateCommand implements Callable<Integer>, Computes {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Spec private CommandSpec spec;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "DIR",
      description = "Folder with dataset.json, imagesTr and labelsTr; the built-in sample without.")
  private Path data;

  @Option(
      names = "--starts",
      split = ",",
      paramLabel = "START",
      description = "scratch, reconstruction, full (default: all).")
  private List<Start> starts;

  @Option(
      names = "--alignments",
      split = ",",
      paramLabel = "KIND",
      description = "partial_ot, full_ot, infonce, triplet (default: all), for full.")
  private List<AlignmentKind> alignments;

  @Option(
      names = "--captions",
      split = ",",
      paramLabel = "NOISE",
      description = {
        "clean, shuffled:SHARE, replaced:SHARE (default: clean,shuffled:0.2,shuffled:0.5), for full."
      })
  private List<String> captions;

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "SHARE",
      description = "Shares of the training labels that are used (default: 0.05,0.1,1).")
  private List<Double> labels;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Number of seeds, beginning with --seed (default: 3).")
  private Integer seeds;

  @Option(
      names = "--gap-cases",
      paramLabel = "N",
      description = "Test cases for the gap between modalities (default: 20; 0 for none).")
  private Integer gapCases;

  @Mixin private PretrainOptions run = new PretrainOptions();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    if (run.output() == null) {
      throw new UsageException("--output is missing: expected the folder of the ablation.");
    }
    AblationFolder folder = new AblationFolder(run.output());
    AblationGrid grid = grid(run.resume() ? folder.readGrid() : AblationGrid.standard());
    RunSettings settings = settings(folder);
    Device device = compute.device();
    if (run.resume()) {
      Configuration.write(grid, run.output().resolve("ablation.yaml"));
    } else {
      folder.begin(settings, grid);
    }
    Progress progress = TerminalProgress.standard();
    Provenance provenance = provenance(folder, settings);
    try (StopSignal stop = StopSignal.listen(PATIENCE);
        MetricsLog log = MetricsLog.open(folder.root())) {
      Duration every = Duration.ofSeconds(settings.checkpointSeconds());
      // Each stage looks for its own checkpoint, and a new ablation has none.
      TrainingContext context =
          new TrainingContext(folder.root(), device, true, every, new LogSink(log), progress, stop);
      if (!new AblationRun(settings, grid, folder, context).run()) {
        progress.say("Stopped; go on with: ablate --resume --output " + folder.root());
        return StopSignal.EXIT_CODE;
      }
    } catch (DataException | CheckpointException | UsageException e) {
      if (!run.resume()) {
        folder.abandon();
      }
      throw e;
    }
    provenance.finish().write(folder.root());
    spec.commandLine().getOut().print(Files.readString(folder.table()));
    spec.commandLine().getOut().printf("%nTable: %s%n", folder.table());
    spec.commandLine().getOut().flush();
    return 0;
  }

  /** What the options say, and what was or is usual where they say nothing. */
  private AblationGrid grid(AblationGrid base) {
    return new AblationGrid(
        starts == null ? base.starts() : starts,
        alignments == null ? base.alignments() : alignments,
        captions == null ? base.captions() : captions,
        labels == null ? base.labels() : labels,
        seeds == null ? base.seeds() : seeds,
        gapCases == null ? base.gapCases() : gapCases);
  }

  private RunSettings settings(AblationFolder folder) {
    RunSettings base = run.resume() ? folder.shared().settings() : RunSettings.standard();
    RunSettings settings = run.settings(base);
    if (data != null) {
      settings = settings.withData(data);
    }
    settings = settings.withAbsolutePaths();
    if (run.seed() != null) {
      settings = settings.withSeed(run.seed());
    }
    if (run.resume() && !Configuration.toYaml(settings).equals(Configuration.toYaml(base))) {
      throw new UsageException(
          "A resumed ablation keeps its settings: leave out what differs from "
              + folder.shared().config()
              + ", or start another one.");
    }
    return settings;
  }

  private Provenance provenance(AblationFolder folder, RunSettings settings) throws IOException {
    if (run.resume() && Files.exists(folder.root().resolve(Provenance.FILE))) {
      return Provenance.read(folder.root());
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
}
