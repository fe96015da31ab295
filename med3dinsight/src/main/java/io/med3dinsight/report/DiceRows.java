package io.med3dinsight.report;

import io.med3dinsight.report.DiceChart.Method;
import io.med3dinsight.report.DiceChart.Score;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import javax.imageio.ImageIO;

/**
 * Dice with one share of labels, a row per method: a dot at the mean, a bar as far as the deviation
 * between seeds, below them a small mark per seed, and a line down all rows at the mean of the
 * method that others are compared with.
 */
final class DiceRows {
  private static final int ROW = 30;
  private static final int TOP = 30;
  private static final int AXIS = 72;
  private static final int RIGHT = 28;

  /** Seeds lie so far below the mean. */
  private static final int BELOW = 8;

  private static final int MOST_TICKS = 8;
  private static final BasicStroke THIN = new BasicStroke(1f);
  private static final BasicStroke BAR = new BasicStroke(1.8f);
  private static final BasicStroke DASHED =
      new BasicStroke(1.4f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1, new float[] {5, 4}, 0);

  private final List<Method> methods;
  private final List<String> labels;
  private final List<MethodLook> looks;
  private final List<double[]> seeds = new ArrayList<>();
  private final List<Score> scores = new ArrayList<>();
  private final String reference;
  private final double share;
  private final double tick;
  private final double from;
  private final double to;
  private final int bottom;
  private Graphics2D g;
  private double left;

  DiceRows(List<Method> methods, String reference) {
    this.methods = methods;
    this.reference = reference;
    share = DiceChart.shares(methods).first();
    labels = DiceChart.labels(methods);
    looks = MethodLook.of(methods.stream().map(Method::name).toList());
    for (Method m : methods) {
      seeds.add(m.dice().get(share));
      scores.add(Score.of(m.dice().get(share)));
    }
    double low = ends(-1).min().orElseThrow();
    double high = ends(1).max().orElseThrow();
    tick = tick(high - low);
    // Nothing lies on the frame.
    from = tick * Math.floor(low / tick - 0.15);
    to = tick * Math.ceil(high / tick + 0.15);
    bottom = TOP + methods.size() * ROW;
  }

  /** The seeds and one end of each bar. */
  private DoubleStream ends(int side) {
    return DoubleStream.concat(
        seeds.stream().flatMapToDouble(Arrays::stream),
        scores.stream()
            .filter(s -> !Double.isNaN(s.deviation()))
            .mapToDouble(s -> s.mean() + side * s.deviation()));
  }

  /** 1, 2 or 5 times a power of ten from a thousandth on, so that there are at most eight of it. */
  private static double tick(double range) {
    double tick = 1e-3;
    for (int n = 0; range > (MOST_TICKS - 2) * tick; n++) {
      tick *= n % 3 == 1 ? 2.5 : 2;
    }
    return tick;
  }

  void png(OutputStream out) throws IOException {
    int height = bottom + AXIS;
    int density = DiceChart.DENSITY;
    BufferedImage picture =
        new BufferedImage(density * DiceChart.WIDTH, density * height, BufferedImage.TYPE_INT_RGB);
    g = picture.createGraphics();
    Charts.sharpen(g, density);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, DiceChart.WIDTH, height);
    g.setFont(Lettering.plain(13));
    left = 28 + labels.stream().mapToDouble(l -> Charts.width(g, l)).max().orElse(0);
    axis();
    compared();
    for (int n = 0; n < methods.size(); n++) {
      row(n, TOP + n * ROW + ROW / 2.0 - BELOW / 4.0);
    }
    g.dispose();
    ImageIO.write(picture, "png", out);
  }

  private void axis() {
    int digits = tick < 0.0099 ? 3 : 2;
    int ticks = (int) Math.round((to - from) / tick);
    for (int n = 0; n <= ticks; n++) {
      double x = x(from + n * tick);
      line(Charts.GRID, THIN, x, TOP, x, bottom);
      g.setColor(Charts.TEXT);
      String text = String.format(Locale.ROOT, "%." + digits + "f", from + n * tick);
      Charts.text(g, text, x, bottom + 18, 0.5);
    }
    double middle = (x(from) + x(to)) / 2;
    g.setFont(Lettering.plain(14));
    String title = "Dice on the test cases, " + DiceChart.percent(share) + " % of the labels";
    Charts.text(g, title, middle, bottom + 40, 0.5);
    g.setFont(Lettering.plain(12));
    String key = "dot: mean; bar: deviation between seeds; small marks: each seed";
    Charts.text(g, key, middle, bottom + 59, 0.5);
    g.setFont(Lettering.plain(13));
  }

  private void compared() {
    for (int n = 0; n < methods.size(); n++) {
      if (methods.get(n).name().equals(reference)) {
        double x = x(scores.get(n).mean());
        line(Charts.TEXT, DASHED, x, TOP - 6, x, bottom);
        double width = Charts.width(g, reference);
        double middle = Math.min(Math.max(x, width / 2), DiceChart.WIDTH - 4 - width / 2);
        Charts.text(g, reference, middle, TOP - 11, 0.5);
      }
    }
  }

  private void row(int n, double y) {
    g.setColor(Charts.TEXT);
    Charts.text(g, labels.get(n), left - 14, y + 5, 1);
    Color color = looks.get(n).color();
    Score score = scores.get(n);
    if (!Double.isNaN(score.deviation())) {
      double low = x(score.mean() - score.deviation());
      double high = x(score.mean() + score.deviation());
      line(color, BAR, low, y, high, y);
      line(color, BAR, low, y - 4, low, y + 4);
      line(color, BAR, high, y - 4, high, y + 4);
    }
    g.setColor(color);
    dot(x(score.mean()), y, 5);
    for (double dice : seeds.get(n)) {
      dot(x(dice), y + BELOW, 2);
    }
  }

  private void dot(double x, double y, double radius) {
    g.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
  }

  private void line(Color color, BasicStroke stroke, double x1, double y1, double x2, double y2) {
    g.setColor(color);
    g.setStroke(stroke);
    g.draw(new Line2D.Double(x1, y1, x2, y2));
  }

  private double x(double dice) {
    return left + (dice - from) / (to - from) * (DiceChart.WIDTH - left - RIGHT);
  }
}
