package io.med3dinsight.report;

import io.med3dinsight.report.DiceChart.Method;
import io.med3dinsight.report.DiceChart.Score;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Dice over the share of labels. A method that lacks a share is not joined to a line: it would seem
 * to say something about the shares between.
 */
final class DiceLines {
  private static final Marker[] MARKERS = {
    SeriesMarkers.CIRCLE, SeriesMarkers.DIAMOND, SeriesMarkers.SQUARE, SeriesMarkers.TRIANGLE_UP
  };
  private static final BasicStroke[] STROKES = {
    SeriesLines.SOLID, SeriesLines.DASH_DASH, SeriesLines.DOT_DOT, SeriesLines.DASH_DOT
  };

  private static final int LEAST_HEIGHT = 420;

  /** Height of the legend's entries. */
  private static final int ENTRY = 24;

  /** Width of the legend's lines. */
  private static final int SAMPLE = 28;

  private static final int GAP = 12;
  private static final int MARKER = 7;

  /** Distance of the shares' base line from the lower edge. */
  private static final int LABELS = 33;

  private final List<Method> methods;
  private final List<String> labels;
  private final List<MethodLook> looks;
  private final List<Double> shares;
  private final boolean logarithmic;

  DiceLines(List<Method> methods) {
    this.methods = methods;
    labels = DiceChart.labels(methods);
    looks = MethodLook.of(methods.stream().map(Method::name).toList());
    shares = new ArrayList<>(DiceChart.shares(methods));
    logarithmic = shares.get(shares.size() - 1) >= 10 * shares.get(0);
  }

  void png(OutputStream out) throws IOException {
    int density = DiceChart.DENSITY;
    int height = Math.max(LEAST_HEIGHT, 60 + ENTRY * methods.size());
    BufferedImage picture =
        new BufferedImage(density * DiceChart.WIDTH, density * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    Charts.sharpen(g, density);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, DiceChart.WIDTH, height);
    g.setFont(Lettering.plain(13));
    double longest = labels.stream().mapToDouble(l -> Charts.width(g, l)).max().orElse(0);
    int width = DiceChart.WIDTH - (int) Math.ceil(longest) - SAMPLE - 2 * GAP;
    XYChart chart = chart(width, height);
    chart.paint(g, width, height);
    // The library labels no more than the decades of a logarithmic axis.
    g.setColor(Charts.TEXT);
    g.setFont(Lettering.plain(13));
    for (double share : shares) {
      double x = chart.getScreenXFromChart(share);
      Charts.text(g, DiceChart.percent(share), x, height - LABELS, 0.5);
    }
    for (int n = 0; n < methods.size(); n++) {
      entry(g, n, width, height / 2.0 + ENTRY * (n - (methods.size() - 1) / 2.0));
    }
    g.dispose();
    ImageIO.write(picture, "png", out);
  }

  /** A line of the legend, right of the plot. */
  private void entry(Graphics2D g, int n, double x, double y) {
    g.setColor(looks.get(n).color());
    if (joined(n)) {
      g.setStroke(stroke(n));
      g.draw(new Line2D.Double(x, y, x + SAMPLE, y));
    }
    g.setStroke(SeriesLines.SOLID);
    marker(n).paint(g, x + SAMPLE / 2.0, y, MARKER);
    g.setColor(Charts.TEXT);
    Charts.text(g, labels.get(n), x + SAMPLE + GAP, y + 5, 0);
  }

  private XYChart chart(int width, int height) {
    XYChart chart =
        new XYChartBuilder()
            .width(width)
            .height(height)
            .xAxisTitle("labelled cases in percent; bars: deviation between seeds")
            .yAxisTitle("Dice on the test cases")
            .build();
    Charts.style(chart.getStyler());
    chart.getStyler().setLegendVisible(false);
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    chart.getStyler().setMarkerSize(MARKER);
    chart.getStyler().setXAxisTickLabelsColor(Color.WHITE);
    chart.getStyler().setXAxisLogarithmic(logarithmic);
    chart.getStyler().setYAxisDecimalPattern("0.000");
    for (int n = 0; n < methods.size(); n++) {
      XYSeries series = series(chart, n);
      series.setLineColor(looks.get(n).color());
      series.setMarkerColor(looks.get(n).color());
      series.setMarker(marker(n));
      series.setLineStyle(stroke(n));
      if (!joined(n)) {
        series.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
      }
    }
    return chart;
  }

  private boolean joined(int n) {
    return methods.get(n).dice().size() == shares.size();
  }

  private Marker marker(int n) {
    return MARKERS[looks.get(n).variant() % MARKERS.length];
  }

  private BasicStroke stroke(int n) {
    return STROKES[looks.get(n).variant() % STROKES.length];
  }

  private XYSeries series(XYChart chart, int n) {
    List<Double> at = new ArrayList<>(methods.get(n).dice().keySet());
    double[] x = new double[at.size()];
    double[] mean = new double[at.size()];
    double[] bars = new double[at.size()];
    for (int i = 0; i < x.length; i++) {
      Score score = Score.of(methods.get(n).dice().get(at.get(i)));
      x[i] = beside(at.get(i), methods.get(n));
      mean[i] = score.mean();
      bars[i] = score.deviation();
    }
    return chart.addSeries(labels.get(n), x, mean, bars);
  }

  /** Methods stand beside each other at a share, so that their bars do not cover each other. */
  private double beside(double share, Method method) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 1; i < shares.size(); i++) {
      least = Math.min(least, place(shares.get(i)) - place(shares.get(i - 1)));
    }
    double range = place(shares.get(shares.size() - 1)) - place(shares.get(0));
    List<Method> there = methods.stream().filter(m -> m.dice().containsKey(share)).toList();
    double step = Math.min(0.012 * range, 0.5 * least / there.size());
    double place = place(share) + step * (there.indexOf(method) - (there.size() - 1) / 2.0);
    return logarithmic ? Math.pow(10, place) : place;
  }

  private double place(double share) {
    return logarithmic ? Math.log10(share) : share;
  }
}
