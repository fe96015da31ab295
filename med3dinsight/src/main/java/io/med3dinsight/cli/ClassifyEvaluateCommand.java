package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.classification.ClassificationResults;
import io.med3dinsight.classification.ProbabilityFile;
import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.report.MetricsJson;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Scores probabilities against true classes. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Score a .csv of probabilities: AUC, accuracy, balanced accuracy, F1.",
      "The file has a column label and columns p_CLASS, as `classify train` writes it, or it is"
          + " MedMNIST's result file, whose true classes --data names."
    })
final class ClassifyEvaluateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-p", "--predictions"},
      required = true,
      paramLabel = "FILE.csv",
      description = "Probabilities.")
  private Path predictions;

  @Option(
      names = {"-d", "--data"},
      paramLabel = "FILE.npz",
      description = "MedMNIST3D's file, for MedMNIST's result file; its name says the split.")
  private Path data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE.json",
      description = "Write the scores as JSON.")
  private Path json;

  @Override
  public Integer call() {
    ClassificationResults results =
        data == null ? ProbabilityFile.read(predictions) : ProbabilityFile.read(predictions, data);
    ClassificationScores scores = scores(results);
    spec.commandLine().getOut().println(ClassifyTrainCommand.line("all", scores));
    spec.commandLine().getOut().flush();
    if (json != null) {
      MetricsJson.writeFurther(
          json,
          Map.of(
              "classification",
              MetricsJson.classification(
                  scores, results.ids(), results.classes(), Bootstrap.standard())));
    }
    return 0;
  }

  private ClassificationScores scores(ClassificationResults results) {
    try {
      return results.scores();
    } catch (IllegalArgumentException e) {
      throw new DataException(predictions + " cannot be scored: " + e.getMessage() + ".", e);
    }
  }
}
