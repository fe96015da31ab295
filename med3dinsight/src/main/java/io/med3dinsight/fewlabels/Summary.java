package io.med3dinsight.fewlabels;

import io.med3dinsight.volume.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.apache.commons.math3.distribution.TDistribution;

/** The comparison over its seeds: a row for each share, start and score. */
public final class Summary {
  private static final double CONFIDENCE = 0.95;

  /**
   * A row.
   *
   * @param score name of the score
   * @param cases number of training cases
   * @param seeds number of trainings
   * @param mean over the seeds
   * @param deviation over the seeds, n - 1 in the denominator; NaN for one seed
   * @param half half the width of the mean's 95 % interval by Student's t; NaN for one seed
   */
  public record Row(
      String score,
      double percent,
      int cases,
      Cell.Start start,
      int seeds,
      double mean,
      double deviation,
      double half) {}

  private Summary() {}

  /** The rows, by score, share and start. */
  public static List<Row> of(List<CellResult> results) {
    List<Row> rows = new ArrayList<>();
    List<String> scores =
        results.stream().flatMap(r -> r.scores().keySet().stream()).distinct().toList();
    TreeSet<Double> percents = new TreeSet<>();
    results.forEach(r -> percents.add(r.cell().percent()));
    for (String score : scores) {
      for (double percent : percents) {
        for (Cell.Start start : Cell.Start.values()) {
          List<CellResult> of =
              results.stream()
                  .filter(r -> r.cell().percent() == percent && r.cell().start() == start)
                  .filter(r -> r.scores().containsKey(score))
                  .toList();
          if (!of.isEmpty()) {
            rows.add(row(score, percent, start, of));
          }
        }
      }
    }
    return rows;
  }

  private static Row row(String score, double percent, Cell.Start start, List<CellResult> of) {
    double[] x = of.stream().mapToDouble(r -> r.scores().get(score)).toArray();
    int n = x.length;
    double mean = Arrays.stream(x).average().orElseThrow();
    double deviation = Double.NaN;
    double half = Double.NaN;
    if (n > 1) {
      double squares = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).sum();
      deviation = Math.sqrt(squares / (n - 1));
      double t =
          new TDistribution(null, n - 1).inverseCumulativeProbability(1 - (1 - CONFIDENCE) / 2);
      half = t * deviation / Math.sqrt(n);
    }
    return new Row(score, percent, of.get(0).cases(), start, n, mean, deviation, half);
  }

  /** The rows as a table in Markdown: a line per share, mean and deviation of each start. */
  public static String table(List<Row> rows) {
    StringBuilder text = new StringBuilder();
    for (String score : rows.stream().map(Row::score).distinct().toList()) {
      text.append("| % of labels | cases | ").append(score).append(", scratch | ");
      text.append(score).append(", pretrained |\n|---|---|---|---|\n");
      List<Row> of = rows.stream().filter(r -> r.score().equals(score)).toList();
      for (double percent : of.stream().map(Row::percent).distinct().toList()) {
        List<Row> line = of.stream().filter(r -> r.percent() == percent).toList();
        text.append(String.format(Locale.ROOT, "| %s | %d |", percent, line.get(0).cases()));
        for (Cell.Start start : Cell.Start.values()) {
          text.append(' ').append(shown(line, start)).append(" |");
        }
        text.append('\n');
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String shown(List<Row> line, Cell.Start start) {
    for (Row r : line) {
      if (r.start() == start) {
        return r.seeds() == 1
            ? String.format(Locale.ROOT, "%.3f (1 seed)", r.mean())
            : String.format(
                Locale.ROOT, "%.3f ± %.3f (%d seeds)", r.mean(), r.deviation(), r.seeds());
      }
    }
    return "";
  }

  /** Writes the rows as CSV; what one seed leaves open stays empty. */
  public static void writeCsv(Path file, List<Row> rows) {
    StringBuilder text =
        new StringBuilder("score,percent,cases,start,seeds,mean,deviation,low,high\n");
    for (Row r : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s,%s,%d,%s,%d,%s,%s,%s,%s%n",
              r.score(),
              r.percent(),
              r.cases(),
              r.start().label(),
              r.seeds(),
              r.mean(),
              orEmpty(r.deviation()),
              orEmpty(r.mean() - r.half()),
              orEmpty(r.mean() + r.half())));
    }
    write(file, text.toString());
  }

  private static String orEmpty(double v) {
    return Double.isNaN(v) ? "" : Double.toString(v);
  }

  static void write(Path file, String text) {
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
