package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.classification.ClassificationPlan;
import io.med3dinsight.classification.ClassificationResults;
import io.med3dinsight.classification.Classifier;
import io.med3dinsight.dataset.MedMnist;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.progress.TerminalProgress;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Classifies images with a trained model. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Give the probabilities of the classes for an image, for every image of a folder, or for a"
          + " split of a MedMNIST3D file.",
      "A damaged image is reported by name, the others are still classified, and the exit code is"
          + " 3.",
      "For MedMNIST3D, -o names a folder and the file in it gets the official name with the scores."
    })
final class ClassifyPredictCommand implements Callable<Integer>, Computes {
  /** How long an image may take on a slow machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Spec private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "RUN",
      description = "Run folder of `classify train`, or its model.safetensors.")
  private Path model;

  @Option(
      names = {"-i", "--input"},
      required = true,
      paramLabel = "FILE|DIR",
      description = {
        "Image (NIfTI, NRRD, .npz, DICOM file, folder or zip), folder of images, or MedMNIST3D's"
            + " .npz with --split.",
        InputCases.CHANNELS
      })
  private List<Path> input;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE|DIR",
      description =
          "A .csv or .json to write, or a folder for predictions.csv and predictions.json; with"
              + " --split a folder for MedMNIST's file, SPLIT.csv and SPLIT.json.")
  private Path output;

  @Option(
      names = "--split",
      paramLabel = "train|val|test",
      description = "Which split of a MedMNIST3D file.")
  private MedMnist.Split split;

  @Option(
      names = "--run-name",
      paramLabel = "NAME",
      defaultValue = "run1",
      description = "What stands behind the @ in MedMNIST's file name (default: ${DEFAULT-VALUE}).")
  private String runName;

  @Mixin private ReadChoice choice = new ReadChoice();
  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() {
    requireUsable();
    try (Classifier classifier = Classifier.load(model, compute.device());
        StopSignal stop = StopSignal.listen(PATIENCE, "this image")) {
      PrintWriter out = spec.commandLine().getOut();
      if (split != null) {
        out.println("Wrote " + medMnist(classifier) + ".");
        out.flush();
        return 0;
      }
      return images(classifier, stop, out);
    }
  }

  private void requireUsable() {
    boolean file = endsWith(".csv") || endsWith(".json");
    if (split == null ? !file && output.getFileName().toString().contains(".") : file) {
      throw new UsageException(
          "--output is "
              + output
              + ": expected "
              + (split == null ? "a name in .csv or .json, or a folder." : "a folder."));
    }
    boolean open = split == null && choice.options().equals(ReadOptions.none());
    if (open && input.size() == 1 && MedMnist.isNamedSo(input.get(0))) {
      throw new UsageException(
          input.get(0) + " is a file of MedMNIST3D: choose --split train, val or test.");
    }
    if (split != null && input.size() > 1) {
      throw new UsageException("--split is for one --input, a file of MedMNIST3D.");
    }
  }

  private boolean endsWith(String ending) {
    return output.toString().toLowerCase(Locale.ROOT).endsWith(ending);
  }

  private int images(Classifier classifier, StopSignal stop, PrintWriter out) {
    Progress progress = TerminalProgress.standard();
    ClassificationPlan plan = classifier.plan();
    List<List<Path>> cases = InputCases.list(input, plan.channels() > 1);
    List<String> ids = new ArrayList<>();
    List<double[]> probabilities = new ArrayList<>();
    try (Progress.Task task = progress.start("classify", cases.size(), "images")) {
      for (List<Path> files : cases) {
        String name = files.get(0).getFileName().toString();
        task.message(name);
        try {
          probabilities.add(classifier.probabilities(channels(files, plan), Progress.NONE, stop));
          ids.add(name);
        } catch (DataException e) {
          if (cases.size() == 1) {
            throw e;
          }
          progress.say(name + " was not classified: " + e.getMessage());
        }
        task.step();
      }
    } catch (CancellationException e) {
      progress.say(e.getMessage() + "; nothing was written.");
      return StopSignal.EXIT_CODE;
    }
    if (!ids.isEmpty()) {
      write(
          new ClassificationResults(
              plan.classes(), ids, null, probabilities.toArray(double[][]::new)));
    }
    out.println(
        "Classified " + ids.size() + " of " + cases.size() + " images into " + output + ".");
    out.flush();
    return ids.size() == cases.size() ? 0 : Failure.DATA;
  }

  private List<Volume> channels(List<Path> files, ClassificationPlan plan) {
    List<Path> all = InputCases.forModel(files, plan.channels(), plan.wantedChannels());
    return Channels.read(all, choice.options(), plan.channels(), plan.wantedChannels());
  }

  private void write(ClassificationResults results) {
    if (endsWith(".csv")) {
      results.writeCsv(output);
    } else if (endsWith(".json")) {
      results.writeJson(output);
    } else {
      results.writeCsv(output.resolve("predictions.csv"));
      results.writeJson(output.resolve("predictions.json"));
    }
  }

  private Path medMnist(Classifier classifier) {
    Path file = input.get(0);
    MedMnist data = MedMnist.read(file);
    if (data.classes() > classifier.plan().classes().size()) {
      throw new DataException(
          file
              + " has "
              + data.classes()
              + " classes, but the model knows "
              + classifier.plan().classes().size()
              + "; use a model that was trained on this data set.");
    }
    ClassificationResults results = ClassificationResults.ofMedMnist(classifier, file, split);
    results.writeCsv(output.resolve(split.label() + ".csv"));
    results.writeJson(output.resolve(split.label() + ".json"));
    return results.writeMedMnist(output, VolumeReader.stem(file), split.label(), runName);
  }
}
