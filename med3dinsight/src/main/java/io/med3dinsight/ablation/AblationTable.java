package io.med3dinsight.ablation;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.report.DiceChart;
import io.med3dinsight.volume.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.commons.math3.stat.StatUtils;

/** The finished cells as a comparison for people, a table for programs and a chart. */
final class AblationTable {
  private final List<CellResult> results;
  private final StringBuilder text = new StringBuilder();

  private AblationTable(List<CellResult> results) {
    this.results = results;
  }

  /** Writes table, CSV and chart of what there is; nothing without a finished cell. */
  static void write(AblationFolder folder, List<CellResult> results) {
    if (results.isEmpty()) {
      return;
    }
    AblationTable table = new AblationTable(results);
    write(folder.csv(), table.csv());
    write(folder.table(), table.markdown(JsonLines.read(folder.gaps(), "pretraining")));
    DiceChart.write(folder.figure("dice"), table.lines());
  }

  private static void write(Path file, String text) {
    AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private String csv() {
    StringBuilder csv = new StringBuilder();
    csv.append("cell,method,labels,seed,labelled,dice,hd95_mm,seconds\r\n");
    for (CellResult r : results) {
      csv.append(r.id()).append(",\"").append(r.method()).append("\",").append(r.labels());
      csv.append(',').append(r.seed()).append(',').append(r.labelled()).append(',');
      csv.append(r.dice()).append(',').append(r.hd95()).append(',').append(r.seconds());
      csv.append("\r\n");
    }
    return csv.toString();
  }

  // ---- the comparison

  private String markdown(List<JsonNode> gaps) {
    int cases = results.get(0).scores().size();
    text.append("# Ablation\n\nDice and HD95 on ").append(cases).append(" test cases. Deviation: ");
    text.append(
        "of the seeds' means. Differences: Dice of each case, averaged over the seeds that");
    text.append(" both methods have; 95 % interval by bootstrap over the cases (10,000 draws),");
    text.append(" p by Wilcoxon's signed-rank test, not corrected for the number of rows.\n");
    for (double labels : shares()) {
      Map<String, List<CellResult>> methods = methods(labels);
      int labelled = methods.values().iterator().next().get(0).labelled();
      text.append("\n## ").append(Shares.percent(labels)).append(" % of the labels (");
      text.append(labelled).append(labelled == 1 ? " case)\n\n" : " cases)\n\n");
      text.append("| method | seeds | Dice | deviation | HD95 mm | from scratch (95 %) | p");
      text.append(" | from reconstruction (95 %) | p | from partial OT (95 %) | p |\n");
      text.append("|---|---|---|---|---|---|---|---|---|---|---|\n");
      methods.forEach((method, cells) -> row(method, cells, methods));
    }
    if (!gaps.isEmpty()) {
      gaps(gaps);
    }
    return text.toString();
  }

  private SortedSet<Double> shares() {
    SortedSet<Double> shares = new TreeSet<>();
    results.forEach(r -> shares.add(r.labels()));
    return shares;
  }

  private Map<String, List<CellResult>> methods(double labels) {
    Map<String, List<CellResult>> methods = new LinkedHashMap<>();
    for (CellResult r : results) {
      if (r.labels() == labels) {
        methods.computeIfAbsent(r.method(), m -> new ArrayList<>()).add(r);
      }
    }
    return methods;
  }

  private void row(String method, List<CellResult> cells, Map<String, List<CellResult>> methods) {
    double[] dice = cells.stream().mapToDouble(CellResult::dice).toArray();
    text.append("| ").append(method).append(" | ").append(dice.length).append(" | ");
    text.append(number("%.4f", StatUtils.mean(dice))).append(" | ");
    text.append(dice.length > 1 ? number("%.4f", deviation(dice)) : "").append(" | ");
    text.append(
        number("%.2f", cells.stream().mapToDouble(CellResult::hd95).average().orElseThrow()));
    int comma = method.indexOf(", ");
    String partial = comma < 0 ? "" : "partial_ot" + method.substring(comma);
    for (String other : List.of(Cell.SCRATCH, "reconstruction", partial)) {
      text.append(" | ").append(difference(method, cells, other, methods.get(other)));
    }
    text.append(" |\n");
  }

  private static String difference(
      String method, List<CellResult> cells, String other, List<CellResult> others) {
    if (others == null || method.equals(other)) {
      return " | ";
    }
    Comparison c = compare(cells, others);
    if (c == null) {
      return " | ";
    }
    // A single case has no interval.
    String interval =
        Double.isNaN(c.low())
            ? ""
            : " (" + number("%+.4f", c.low()) + " to " + number("%+.4f", c.high()) + ")";
    return number("%+.4f", c.difference())
        + interval
        + " | "
        + number(c.p() < 0.001 ? "%.1e" : "%.3f", c.p());
  }

  /** Case by case over the seeds that both have; null without any. */
  static Comparison compare(List<CellResult> a, List<CellResult> b) {
    Map<String, double[]> sums = new LinkedHashMap<>();
    for (CellResult x : a) {
      for (CellResult y : b) {
        if (x.seed() == y.seed() && x.scores().keySet().equals(y.scores().keySet())) {
          x.scores()
              .forEach(
                  (id, s) -> {
                    double[] sum = sums.computeIfAbsent(id, i -> new double[3]);
                    sum[0] += s.dice();
                    sum[1] += y.scores().get(id).dice();
                    sum[2]++;
                  });
        }
      }
    }
    if (sums.isEmpty()) {
      return null;
    }
    return Comparison.of(
        sums.values().stream().mapToDouble(s -> s[0] / s[2]).toArray(),
        sums.values().stream().mapToDouble(s -> s[1] / s[2]).toArray());
  }

  private static double deviation(double[] values) {
    return Math.sqrt(StatUtils.variance(values));
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  // ---- gaps

  private void gaps(List<JsonNode> gaps) {
    Map<String, List<JsonNode>> methods = new LinkedHashMap<>();
    for (JsonNode g : gaps) {
      methods.computeIfAbsent(g.path("method").asText(), m -> new ArrayList<>()).add(g);
    }
    text.append(
        "\n## Gap between modalities\n\nOn held-out volumes, before and after pretraining,");
    text.append(
        " mean over the seeds. Distance: of the centroids of the slices' embeddings as seen");
    text.append(
        " from the volume and of their images or texts. Separability: accuracy of a linear");
    text.append(" classifier that tells the two apart (0.5: it cannot), cross-validated over");
    text.append(
        " volumes (of which it needs two). t-SNE distance: of the centroids on the map, whose scale is not");
    text.append(" comparable between maps.\n\n| pretraining | seeds");
    GapReport.MEASURES.forEach(m -> text.append(" | ").append(m.replace('_', ' ')));
    text.append(" |\n|---|---").append("|---".repeat(GapReport.MEASURES.size())).append("|\n");
    methods.forEach(
        (method, lines) -> {
          text.append("| ").append(method).append(" | ").append(lines.size());
          for (String measure : GapReport.MEASURES) {
            double before = mean(lines, "before", measure);
            // A single volume cannot be cross-validated over.
            text.append(" | ")
                .append(
                    Double.isNaN(before)
                        ? ""
                        : number("%.3f", before)
                            + " to "
                            + number("%.3f", mean(lines, "after", measure)));
          }
          text.append(" |\n");
        });
  }

  private static double mean(List<JsonNode> lines, String when, String measure) {
    return lines.stream()
        .mapToDouble(l -> l.path(when).path(measure).asDouble())
        .average()
        .orElseThrow();
  }

  // ---- the chart

  private List<DiceChart.Line> lines() {
    Map<String, List<double[]>> points = new LinkedHashMap<>();
    for (double labels : shares()) {
      methods(labels)
          .forEach(
              (method, cells) -> {
                double[] dice = cells.stream().mapToDouble(CellResult::dice).toArray();
                points
                    .computeIfAbsent(method, m -> new ArrayList<>())
                    .add(
                        new double[] {
                          100 * labels, StatUtils.mean(dice), dice.length > 1 ? deviation(dice) : 0
                        });
              });
    }
    List<DiceChart.Line> lines = new ArrayList<>();
    points.forEach((method, p) -> lines.add(new DiceChart.Line(method, p)));
    return lines;
  }
}
