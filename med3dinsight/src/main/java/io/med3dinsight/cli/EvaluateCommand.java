package io.med3dinsight.cli;

import io.med3dinsight.dataset.MsdDataset;
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
      "Compare predicted label maps with references of the same names: Dice and HD95 in mm.",
      "Every class of every case counts. A structure that only one of the two has gets Dice 0 and"
          + " the length of the image's diagonal as HD95."
    })
final class EvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-p", "--predictions"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of predicted label maps.")
  private Path predictions;

  @Option(
      names = {"-r", "--references"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of reference label maps; each needs a prediction.")
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

  @Override
  public Integer call() {
    SortedMap<Integer, String> names =
        labels == null ? new TreeMap<>() : MsdDataset.readLabels(labels);
    Evaluation evaluation = Evaluation.ofFolders(predictions, references, names);
    PrintWriter out = spec.commandLine().getOut();
    out.print(EvaluationText.table(evaluation));
    out.flush();
    if (json != null) {
      MetricsJson.writeScores(json, evaluation);
    }
    if (csv != null) {
      byte[] bytes = EvaluationText.csv(evaluation).getBytes(StandardCharsets.UTF_8);
      AtomicFile.write(csv, stream -> stream.write(bytes));
    }
    return 0;
  }
}
