package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.classification.ClassificationResults;
import io.med3dinsight.classification.ProbabilityFile;
import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.ClassificationMeasure;
import io.med3dinsight.metric.ClassificationScores;
import io.med3dinsight.report.MetricsJson;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
      "Score a .csv of probabilities: AUC, accuracy, balanced accuracy, F1, sensitivity,"
          + " specificity and calibration error with bootstrap intervals, and each class's.",
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
      description = "Write the scores, those of each class and every case as JSON.")
  private Path json;

  @Option(names = "--csv", paramLabel = "FILE", description = "Write a line per case.")
  private Path csv;

  @Override
  public Integer call() {
    ClassificationResults results =
        data == null ? ProbabilityFile.read(predictions) : ProbabilityFile.read(predictions, data);
    ClassificationScores scores = scores(results);
    PrintWriter out = spec.commandLine().getOut();
    print(out, scores, results.classes());
    out.flush();
    if (csv != null) {
      results.writeCsv(csv);
    }
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

  private static void print(PrintWriter out, ClassificationScores scores, List<String> classes) {
    Bootstrap bootstrap = Bootstrap.standard();
    for (ClassificationMeasure m : ClassificationMeasure.values()) {
      String interval =
          m.interval(scores, bootstrap)
              .map(i -> text(i.low()) + " to " + text(i.high()))
              .orElse("no interval");
      out.printf("%-18s %s (%s)%n", m.title(), text(m.of(scores)), interval);
    }
    int width = classes.stream().mapToInt(String::length).max().orElse(0);
    for (int c = 0; c < classes.size(); c++) {
      out.printf(
          "class %-" + width + "s  AUC %s, sensitivity %s, specificity %s, F1 %s%n",
          classes.get(c),
          text(scores.auc(c)),
          text(scores.sensitivity(c)),
          text(scores.specificity(c)),
          text(scores.f1(c)));
    }
    out.println("over " + scores.cases() + " images; intervals of 95 % by bootstrap over them");
  }

  private static String text(double value) {
    return Double.isNaN(value) ? "not defined" : String.format(Locale.ROOT, "%.3f", value);
  }

  private ClassificationScores scores(ClassificationResults results) {
    try {
      return results.scores();
    } catch (IllegalArgumentException e) {
      throw new DataException(predictions + " cannot be scored: " + e.getMessage() + ".", e);
    }
  }
}
