package io.med3dinsight.report;

import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.Evaluation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The Dice of every case, one row per structure, as SVG: a dot per case, a line at the median, and
 * the box from the 25th to the 75th percentile when there are at least five cases.
 */
final class StripPlot {
  private static final int WIDTH = 720;
  private static final int RIGHT = 24;
  private static final int ROW = 54;
  private static final int TOP = 10;
  private static final int AXIS = 42;
  private static final int ENOUGH_FOR_A_BOX = 5;

  private final Evaluation evaluation;
  private final double from;
  private final int left;
  private final StringBuilder svg = new StringBuilder();

  private StripPlot(Evaluation evaluation) {
    this.evaluation = evaluation;
    double lowest =
        evaluation.cases().stream()
            .flatMap(c -> c.classes().stream())
            .mapToDouble(ClassScore::dice)
            .min()
            .orElse(0);
    // Down to the next tenth, and never so close that small differences look large.
    from = Math.min(0.5, Math.floor(lowest * 10) / 10);
    int longest =
        evaluation.classes().stream().mapToInt(c -> shortened(c.name()).length()).max().orElse(0);
    left = 24 + 8 * longest;
  }

  /** The plot, for use within HTML. */
  static String svg(Evaluation evaluation) {
    return new StripPlot(evaluation).draw();
  }

  private String draw() {
    int rows = evaluation.classes().size();
    int height = TOP + rows * ROW + AXIS;
    svg.append("<svg class=\"strip\" role=\"img\" viewBox=\"0 0 ");
    svg.append(WIDTH).append(' ').append(height).append("\">\n");
    svg.append("<title>Dice of every case by structure</title>\n");
    axis(TOP + rows * ROW);
    for (int n = 0; n < rows; n++) {
      row(n, TOP + n * ROW + ROW / 2);
    }
    return svg.append("</svg>\n").toString();
  }

  private void axis(int bottom) {
    for (int tenth = (int) Math.round(from * 10); tenth <= 10; tenth++) {
      double x = x(tenth / 10.0);
      line("grid", x, TOP, x, bottom);
      text("tick", x, bottom + 16, "middle", String.format(Locale.ROOT, "%.1f", tenth / 10.0));
    }
    text("tick", x((1 + from) / 2), bottom + 34, "middle", "Dice");
  }

  private void row(int n, int y) {
    List<CaseScore> cases = new ArrayList<>(evaluation.cases());
    cases.sort(
        Comparator.comparingDouble((CaseScore c) -> c.classes().get(n).dice())
            .thenComparing(CaseScore::id));
    double[] values = cases.stream().mapToDouble(c -> c.classes().get(n).dice()).toArray();
    text("label", left - 14, y + 4, "end", shortened(evaluation.classes().get(n).name()));
    if (values.length >= ENOUGH_FOR_A_BOX) {
      double lower = x(quantile(values, 0.25));
      double upper = x(quantile(values, 0.75));
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect class=\"box\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"28\"/>\n",
              lower,
              y - 14,
              upper - lower));
    }
    String color = Palette.css(Palette.structure(n));
    for (int i = 0; i < values.length; i++) {
      // Neighbours in value get different heights, so that equal ones stay apart.
      int shift = i % 3 * 7 - 7;
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%d\" r=\"5\" fill=\"%s\"><title>%s: %s</title></circle>\n",
              x(values[i]),
              y + shift,
              color,
              Text.html(cases.get(i).id()),
              Text.score(values[i])));
    }
    double median = x(quantile(values, 0.5));
    line("median", median, y - 18, median, y + 18);
  }

  private static String shortened(String name) {
    return name.length() <= 18 ? name : name.substring(0, 17) + "\u2026";
  }

  private double x(double dice) {
    return left + (dice - from) / (1 - from) * (WIDTH - left - RIGHT);
  }

  /** Interpolated linearly between ranks. */
  static double quantile(double[] values, double q) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double rank = q * (sorted.length - 1);
    int below = (int) rank;
    int above = Math.min(sorted.length - 1, below + 1);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  }

  private void line(String style, double x1, double y1, double x2, double y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            style,
            x1,
            y1,
            x2,
            y2));
  }

  private void text(String style, double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            style,
            x,
            y,
            anchor,
            Text.html(text)));
  }
}
