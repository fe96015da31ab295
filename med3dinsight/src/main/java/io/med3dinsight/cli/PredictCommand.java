package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.KeepComponents;
import io.med3dinsight.inference.Segmenter;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Segments images with a trained model. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Segment an image, or every image of a folder, with a trained model.",
      "Each label map lies on exactly its image's grid. A damaged image is reported by name, the"
          + " others are still segmented, and the exit code is 3."
    })
final class PredictCommand implements Callable<Integer>, Computes {
  /** How long a window of a large network may take on a slow machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Spec private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "RUN",
      description = "Run folder of `train` or `finetune`, or its model.safetensors.")
  private Path model;

  @Option(
      names = {"-i", "--input"},
      required = true,
      paramLabel = "FILE|DIR",
      description = {
        "Image (NIfTI, NRRD, .npz, DICOM file, folder or zip), or a folder of images.",
        InputCases.CHANNELS
      })
  private List<Path> input;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE|DIR",
      description =
          "Where the label maps go. In a folder they keep the images' names, without nnU-Net's"
              + " _0000.")
  private Path output;

  @Option(names = "--force", description = "Replace label maps that are there already.")
  private boolean force;

  @Mixin private WindowOptions windows;

  @Option(
      names = "--largest-component",
      paramLabel = "6|26",
      description =
          "Keep only the largest connected part of each structure, of voxels that share a face (6)"
              + " or at least a corner (26).")
  private Integer neighbours;

  @Option(
      names = "--probabilities",
      description =
          "Also write the probability of every class, as NAME_prob0.nii.gz (background) and so on.")
  private boolean probabilities;

  @Mixin private ReadChoice choice;
  @Mixin private ComputeOptions compute;

  @Override
  public Integer call() {
    double started = Startup.seconds();
    InferenceOptions options = windows.options(components(), probabilities);
    List<PredictFile> files = PredictFile.list(input, output, force);
    PrintWriter out = spec.commandLine().getOut();
    Progress progress = TerminalProgress.standard();
    long begin = System.nanoTime();
    try (Segmenter segmenter = Segmenter.load(model, compute.device(), options);
        StopSignal stop = StopSignal.listen(PATIENCE, "this window")) {
      double loaded = (System.nanoTime() - begin) / 1e9;
      files = PredictFile.forModel(files, segmenter.plan());
      if (probabilities) {
        PredictFile.requireFreeProbabilities(files, segmenter.plan().classes(), force);
      }
      // All label maps go into one folder.
      files.get(0).makeFolder();
      Prediction prediction =
          new Prediction(
              segmenter,
              files,
              progress,
              stop,
              named(files),
              Prediction.Io.files(choice.options(), segmenter.plan()));
      int done = prediction.run();
      progress.say(
          String.format(
              Locale.ROOT, "Java started in %.2f s, model loaded in %.2f s", started, loaded));
      out.println("Segmented " + done + " of " + files.size() + " images into " + output + ".");
      out.flush();
      if (stop.getAsBoolean()) {
        return StopSignal.EXIT_CODE;
      }
      return done == files.size() ? 0 : Failure.DATA;
    }
  }

  /** Whether the command line names a single image, rather than a folder of one. */
  private boolean named(List<PredictFile> files) {
    return files.size() == 1 && files.get(0).image().equals(input.get(0));
  }

  private KeepComponents components() {
    if (neighbours == null) {
      return KeepComponents.ALL;
    }
    return switch (neighbours) {
      case 6 -> KeepComponents.LARGEST_6;
      case 26 -> KeepComponents.LARGEST_26;
      default ->
          throw new UsageException(
              "--largest-component is "
                  + neighbours
                  + ": expected 6 (voxels that share a face) or 26 (at least a corner).");
    };
  }
}
