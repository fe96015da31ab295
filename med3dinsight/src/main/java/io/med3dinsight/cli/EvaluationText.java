package io.med3dinsight.cli;

import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.Evaluation;
import io.med3dinsight.metric.Interval;
import io.med3dinsight.metric.Measure;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Scores as text: a table for people, comma-separated values for programs. */
final class EvaluationText {
  private static final List<String> COUNTS = List.of("missed", "invented", "absent");

  private EvaluationText() {}

  /**
   * Means per class and over all, the intervals of the latter, then each case with its means and
   * the Dice of each class.
   */
  static String table(Evaluation evaluation, Bootstrap bootstrap) {
    List<List<String>> classes = new ArrayList<>();
    classes.add(row("class", EvaluationText::heading, COUNTS));
    int[] counts = new int[COUNTS.size()];
    for (Evaluation.ClassMean c : evaluation.classes()) {
      int[] of = {c.missed(), c.invented(), c.absent()};
      classes.add(row(c.name(), m -> number(m, c.mean(m)), texts(of)));
      Arrays.setAll(counts, i -> counts[i] + of[i]);
    }
    classes.add(row("mean", m -> number(m, evaluation.mean(m)), texts(counts)));
    List<List<String>> cases = new ArrayList<>();
    List<String> names = evaluation.classes().stream().map(Evaluation.ClassMean::name).toList();
    cases.add(row("case", EvaluationText::heading, names));
    for (CaseScore c : evaluation.cases()) {
      List<String> dice = c.classes().stream().map(s -> number(Measure.DICE, s.dice())).toList();
      cases.add(row(c.id(), m -> number(m, c.mean(m)), dice));
    }
    return aligned(classes)
        + intervals(evaluation, bootstrap)
        + "Distances in mm; NSD at "
        + plain(evaluation.tolerance())
        + " mm; classes by name: Dice.\n\n"
        + aligned(cases);
  }

  private static String intervals(Evaluation evaluation, Bootstrap bootstrap) {
    if (evaluation.cases().size() < 2) {
      return "";
    }
    return Arrays.stream(Measure.values())
        .map(
            m -> {
              Interval i = evaluation.interval(m, bootstrap).orElseThrow();
              return m.title() + " " + number(m, i.low()) + " to " + number(m, i.high());
            })
        .collect(
            Collectors.joining(
                ", ", plain(100 * bootstrap.level()) + " % intervals of the means: ", ".\n"));
  }

  private static List<String> row(
      String name, Function<Measure, String> value, List<String> further) {
    List<String> row = new ArrayList<>(List.of(name));
    for (Measure m : Measure.values()) {
      row.add(value.apply(m));
    }
    row.addAll(further);
    return row;
  }

  private static String heading(Measure m) {
    return m.title();
  }

  private static List<String> texts(int[] counts) {
    return Arrays.stream(counts).mapToObj(Integer::toString).toList();
  }

  private static String number(Measure m, double value) {
    return String.format(Locale.ROOT, m.isDistance() ? "%.2f" : "%.4f", value);
  }

  /** Without a needless ".0". */
  private static String plain(double value) {
    return new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
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
    StringBuilder text = new StringBuilder("case,label,class");
    for (Measure m : Measure.values()) {
      text.append(',').append(m.column());
    }
    text.append(",predicted_voxels,reference_voxels,predicted_ml,reference_ml\r\n");
    for (CaseScore c : evaluation.cases()) {
      for (ClassScore s : c.classes()) {
        text.append(quoted(c.id())).append(',').append(s.label()).append(',');
        text.append(quoted(s.name()));
        for (Measure m : Measure.values()) {
          text.append(',').append(s.value(m));
        }
        text.append(',').append(s.predictedVoxels()).append(',').append(s.referenceVoxels());
        text.append(',').append(s.predictedMl()).append(',').append(s.referenceMl());
        text.append("\r\n");
      }
    }
    return text.toString();
  }

  private static String quoted(String value) {
    return value.matches("[^,\"\\r\\n]*") ? value : '"' + value.replace("\"", "\"\"") + '"';
  }
}
