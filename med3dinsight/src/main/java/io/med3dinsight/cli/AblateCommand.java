package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.ablation.AblationFolder;
import io.med3dinsight.ablation.AblationGrid;
import io.med3dinsight.ablation.AblationRun;
import io.med3dinsight.ablation.Start;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.transport.AlignmentKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    RunSession session = new Session(folder, grid);
    RunSettings settings = session.settings(RunSettings.standard(), this::withOptions);
    Boolean finished =
        session.run(
            settings,
            settings.seed(),
            settings.checkpointSeconds(),
            settings.inputFiles(),
            "ablate",
            context -> new AblationRun(settings, grid, folder, context).run() ? true : null);
    if (finished == null) {
      return StopSignal.EXIT_CODE;
    }
    spec.commandLine().getOut().print(Files.readString(folder.table()));
    spec.commandLine().getOut().printf("%nTable: %s%n", folder.table());
    spec.commandLine().getOut().flush();
    return 0;
  }

  /** The folder of an ablation holds its grid too, which options may enlarge when it goes on. */
  private final class Session extends RunSession {
    private final AblationFolder folder;
    private final AblationGrid grid;

    Session(AblationFolder folder, AblationGrid grid) {
      super(run, compute, spec.commandLine().getParent().getParseResult().originalArgs());
      this.folder = folder;
      this.grid = grid;
    }

    @Override
    void begin(Record settings) throws IOException {
      if (run.resume()) {
        Configuration.write(grid, folder.grid());
      } else {
        folder.begin(settings, grid);
      }
    }

    @Override
    void abandon() throws IOException {
      folder.abandon();
    }

    /** Each stage looks for its own checkpoint, and a new ablation has none. */
    @Override
    boolean goesOn() {
      return true;
    }
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

  private RunSettings withOptions(RunSettings base) {
    RunSettings settings = data == null ? base : base.withData(data);
    settings = settings.withAbsolutePaths();
    return run.seed() == null ? settings : settings.withSeed(run.seed());
  }
}
