package io.med3dinsight.cli;

import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.Evaluation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Scores as text: a table for people, comma-separated values for programs. */
final class EvaluationText {
  private EvaluationText() {}

  /** Means per class, then each case with its means and the Dice of each class. */
  static String table(Evaluation evaluation) {
    List<List<String>> classes = new ArrayList<>();
    classes.add(List.of("class", "Dice", "HD95 mm", "missed"));
    int missed = 0;
    for (Evaluation.ClassMean c : evaluation.classes()) {
      classes.add(List.of(c.name(), dice(c.dice()), mm(c.hd95()), Integer.toString(c.missed())));
      missed += c.missed();
    }
    classes.add(
        List.of("mean", dice(evaluation.dice()), mm(evaluation.hd95()), Integer.toString(missed)));
    List<List<String>> cases = new ArrayList<>();
    List<String> head = new ArrayList<>(List.of("case", "Dice", "HD95 mm"));
    evaluation.classes().forEach(c -> head.add(c.name()));
    cases.add(head);
    for (CaseScore c : evaluation.cases()) {
      List<String> row = new ArrayList<>(List.of(c.id(), dice(c.dice()), mm(c.hd95())));
      c.classes().forEach(s -> row.add(dice(s.dice())));
      cases.add(row);
    }
    return aligned(classes) + "\n" + aligned(cases);
  }

  private static String dice(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }

  private static String mm(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** The first column to the left, numbers to the right. */
  private static String aligned(List<List<String>> rows) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      text.append(row.get(0)).append(" ".repeat(widths[0] - row.get(0).length()));
      for (int c = 1; c < columns; c++) {
        text.append("  ").append(" ".repeat(widths[c] - row.get(c).length())).append(row.get(c));
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** A line per case and class (RFC 4180), full precision. */
  static String csv(Evaluation evaluation) {
    StringBuilder text = new StringBuilder();
    text.append("case,label,class,dice,hd95_mm,predicted_voxels,reference_voxels\r\n");
    for (CaseScore c : evaluation.cases()) {
      for (ClassScore s : c.classes()) {
        text.append(quoted(c.id())).append(',').append(s.label()).append(',');
        text.append(quoted(s.name())).append(',').append(s.dice()).append(',');
        text.append(s.hd95()).append(',').append(s.predictedVoxels()).append(',');
        text.append(s.referenceVoxels()).append("\r\n");
      }
    }
    return text.toString();
  }

  private static String quoted(String value) {
    return value.matches("[^,\"\\r\\n]*") ? value : '"' + value.replace("\"", "\"\"") + '"';
  }
}
