package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.classification.ClassificationResults;
import io.med3dinsight.classification.Classifier;
import io.med3dinsight.dataset.MedMnist;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
      "For MedMNIST3D, -o names a folder and the file in it gets the official name with the scores."
    })
final class ClassifyPredictCommand implements Callable<Integer>, Computes {
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
      description = "Image, folder of images, or MedMNIST3D's .npz with --split.")
  private Path input;

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

  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    String ending = output.toString().toLowerCase(Locale.ROOT);
    boolean file = ending.endsWith(".csv") || ending.endsWith(".json");
    if (split == null ? !file && output.getFileName().toString().contains(".") : file) {
      throw new UsageException(
          "--output is "
              + output
              + ": expected "
              + (split == null ? "a name in .csv or .json, or a folder." : "a folder."));
    }
    try (Classifier classifier = Classifier.load(model, compute.device())) {
      if (split != null) {
        out.println("Wrote " + medMnist(classifier) + ".");
      } else {
        ClassificationResults results = images(classifier);
        if (ending.endsWith(".csv")) {
          results.writeCsv(output);
        } else if (file) {
          results.writeJson(output);
        } else {
          results.writeCsv(output.resolve("predictions.csv"));
          results.writeJson(output.resolve("predictions.json"));
        }
        out.println("Classified " + results.ids().size() + " image(s) into " + output + ".");
      }
    }
    out.flush();
    return 0;
  }

  private Path medMnist(Classifier classifier) {
    MedMnist data = MedMnist.read(input);
    if (data.classes() > classifier.plan().classes().size()) {
      throw new DataException(
          input
              + " has "
              + data.classes()
              + " classes, but the model knows "
              + classifier.plan().classes().size()
              + "; use a model that was trained on this data set.");
    }
    ClassificationResults results = ClassificationResults.ofMedMnist(classifier, input, split);
    results.writeCsv(output.resolve(split.label() + ".csv"));
    results.writeJson(output.resolve(split.label() + ".json"));
    return results.writeMedMnist(output, VolumeReader.stem(input), split.label(), runName);
  }

  private ClassificationResults images(Classifier classifier) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(input) && !VolumeReader.isDicomFolder(input)) {
      try (Stream<Path> all = Files.list(input)) {
        all.filter(VolumeReader::isImageName).sorted().forEach(files::add);
      }
      if (files.isEmpty()) {
        throw new DataException(input + " holds no image; expected at least one.");
      }
    } else {
      files.add(input);
    }
    double[][] probabilities = new double[files.size()][];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = classifier.probabilities(Volume.read(files.get(i)));
    }
    return new ClassificationResults(
        classifier.plan().classes(),
        files.stream().map(f -> f.getFileName().toString()).toList(),
        null,
        probabilities);
  }
}
