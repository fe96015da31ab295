package io.med3dinsight.cli;

import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.report.MetricsJson;
import io.med3dinsight.volume.AtomicFile;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares label maps with references. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compare predicted label maps with references of the same names: Dice, IoU, surface Dice (NSD)"
          + " and the surface distances HD, HD95 and ASSD in mm, with bootstrap intervals.",
      "Every class of every case counts. A structure that only one of the two has gets Dice, IoU and"
          + " NSD 0 and the length of the image's diagonal as distance."
    })
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-p", "--predictions"},
      required = true,
      paramLabel = "DIR|FILE",
      description = "Folder of predicted label maps, or one of them.")
  private Path predictions;

  @Option(
      names = {"-r", "--references"},
      required = true,
      paramLabel = "DIR|FILE",
      description =
          "Folder of reference label maps, each of which needs a prediction of the same name; or one"
              + " of them.")
  private Path references;

  @Option(
      names = {"-l", "--labels"},
      paramLabel = "dataset.json",
      description =
          "File whose \"labels\" name the classes; without it every value that occurs is one.")
  private Path labels;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE.json",
      description = "Write the scores as JSON.")
  private Path json;

  @Option(names = "--csv", paramLabel = "FILE", description = "Write a line per case and class.")
  private Path csv;

  @Option(
      names = "--tolerance",
      paramLabel = "MM",
      defaultValue = "" + CaseScore.TOLERANCE,
      description =
          "How far a surface may be off to count for the surface Dice (default:"
              + " ${DEFAULT-VALUE} mm).")
  private double tolerance;

  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      defaultValue = "2000",
      description = "Resamples for the intervals, at least 100 (default: ${DEFAULT-VALUE}).")
  private int resamples;

  @Option(
      names = "--level",
      paramLabel = "P",
      defaultValue = "0.95",
      description = "Probability of the intervals (default: ${DEFAULT-VALUE}).")
  private double level;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the bootstrap (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() {
    Bootstrap bootstrap = new Bootstrap(resamples, level, seed);
    SortedMap<Integer, String> names =
        labels == null ? new TreeMap<>() : MsdDataset.readLabels(labels);
    Evaluation evaluation = Evaluation.ofFolders(predictions, references, names, tolerance);
    PrintWriter out = spec.commandLine().getOut();
    out.print(EvaluationText.table(evaluation, bootstrap));
    out.flush();
    if (json != null) {
      MetricsJson.writeScores(json, evaluation, bootstrap);
    }
    if (csv != null) {
      byte[] bytes = EvaluationText.csv(evaluation).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(csv, stream -> stream.write(bytes));
    }
    return 0;
  }
}
