package io.med3dinsight.report;

import io.med3dinsight.metric.CaseScore;
import io.med3dinsight.metric.ClassScore;
import io.med3dinsight.metric.Evaluation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * A score of every case, one row per structure, as SVG: a dot per case, a line at the median, and
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
  private final Scale scale;
  private final int left;
  private final StringBuilder svg = new StringBuilder();

  /**
   * What is drawn.
   *
   * @param name of the score, with its unit
   * @param from left end of the axis
   * @param tick distance of two ticks
   * @param ticks number of such distances
   * @param digits of the ticks' numbers
   * @param value the score
   * @param text the score for a reader
   */
  private record Scale(
      String name,
      double from,
      double tick,
      int ticks,
      int digits,
      ToDoubleFunction<ClassScore> value,
      DoubleFunction<String> text) {
    double to() {
      return from + ticks * tick;
    }
  }

  private StripPlot(Evaluation evaluation, Scale scale) {
    this.evaluation = evaluation;
    this.scale = scale;
    int longest =
        evaluation.classes().stream().mapToInt(c -> shortened(c.name()).length()).max().orElse(0);
    left = 24 + 8 * longest;
  }

  /** The plot of Dice, for use within HTML. */
  static String dice(Evaluation evaluation) {
    double lowest = values(evaluation, ClassScore::dice).min().orElse(0);
    // Down to the next tenth, and never so close that small differences look large.
    double from = Math.min(0.5, Math.floor(lowest * 10) / 10);
    int ticks = (int) Math.round((1 - from) * 10);
    return new StripPlot(
            evaluation, new Scale("Dice", from, 0.1, ticks, 1, ClassScore::dice, Text::score))
        .draw();
  }

  /** The plot of HD95 in mm, for use within HTML. */
  static String hd95(Evaluation evaluation) {
    double highest = values(evaluation, ClassScore::hd95).max().orElse(0);
    double tick = tick(highest);
    int ticks = Math.max(1, (int) Math.ceil(highest / tick));
    int digits = tick < 0.1 ? 2 : tick < 1 ? 1 : 0;
    return new StripPlot(
            evaluation, new Scale("HD95 (mm)", 0, tick, ticks, digits, ClassScore::hd95, Text::mm))
        .draw();
  }

  /** 1, 2 or 5 times a power of ten, so that there are at most eight of it up to the highest. */
  private static double tick(double highest) {
    double tick = 0.05;
    for (int n = 0; highest > 8 * tick; n++) {
      tick *= n % 3 == 1 ? 2.5 : 2;
    }
    return tick;
  }

  private static DoubleStream values(Evaluation evaluation, ToDoubleFunction<ClassScore> score) {
    return evaluation.cases().stream().flatMap(c -> c.classes().stream()).mapToDouble(score);
  }

  private String draw() {
    int rows = evaluation.classes().size();
    int height = TOP + rows * ROW + AXIS;
    svg.append("<svg class=\"strip\" role=\"img\" viewBox=\"0 0 ");
    svg.append(WIDTH).append(' ').append(height).append("\">\n");
    svg.append("<title>");
    svg.append(scale.name).append(" of every case by structure</title>\n");
    axis(TOP + rows * ROW);
    for (int n = 0; n < rows; n++) {
      row(n, TOP + n * ROW + ROW / 2);
    }
    return svg.append("</svg>\n").toString();
  }

  private void axis(int bottom) {
    for (int n = 0; n <= scale.ticks; n++) {
      double at = scale.from + n * scale.tick;
      line("grid", x(at), TOP, x(at), bottom);
      text("tick", x(at), bottom + 16, "middle", decimal(at));
    }
    text("tick", x((scale.to() + scale.from) / 2), bottom + 34, "middle", scale.name);
  }

  private String decimal(double value) {
    return String.format(Locale.ROOT, "%." + scale.digits + "f", value);
  }

  private void row(int n, int y) {
    List<CaseScore> cases = new ArrayList<>(evaluation.cases());
    cases.sort(
        Comparator.comparingDouble((CaseScore c) -> value(c, n)).thenComparing(CaseScore::id));
    double[] values = cases.stream().mapToDouble(c -> value(c, n)).toArray();
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
              scale.text.apply(values[i])));
    }
    double median = x(quantile(values, 0.5));
    line("median", median, y - 18, median, y + 18);
  }

  private static String shortened(String name) {
    return name.length() <= 18 ? name : name.substring(0, 17) + "\u2026";
  }

  private double value(CaseScore c, int structure) {
    return scale.value.applyAsDouble(c.classes().get(structure));
  }

  private double x(double value) {
    return left + (value - scale.from) / (scale.to() - scale.from) * (WIDTH - left - RIGHT);
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
