package io.med3dinsight.report;

import io.med3dinsight.volume.AtomicFile;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The curves of a run, one chart per stage and kind of number. */
final class Curves {
  /** Which series share a chart; others, such as the learning rate, are in the table only. */
  enum Kind {
    LOSS("loss", "loss"),
    DICE("dice.", "Dice"),
    RETRIEVAL("retrieval.", "retrieval accuracy");

    private final String prefix;
    private final String axis;

    Kind(String prefix, String axis) {
      this.prefix = prefix;
      this.axis = axis;
    }
  }

  /**
   * One chart.
   *
   * @param name of its file, without ending
   */
  record Chart(String name, String stage, Kind kind, List<Curve> curves) {

    /** What a reader has to know about the drawing; empty when nothing. */
    String note() {
      int perPoint = curves.stream().mapToInt(Curve::perPoint).max().orElse(1);
      int dropped = curves.stream().mapToInt(Curve::dropped).sum();
      String note = perPoint > 1 ? "Each point is the mean of " + perPoint + " measurements. " : "";
      if (dropped == 1) {
        return note + "1 value that is not a finite number is not drawn.";
      }
      return dropped > 1
          ? note + dropped + " values that are not finite numbers are not drawn."
          : note.strip();
    }

    String title() {
      return stage + ": " + kind.axis;
    }
  }

  private static final int WIDTH = 560;
  private static final int HEIGHT = 360;

  /** Pixels per unit, so that the chart stays sharp in print. */
  private static final int DENSITY = 2;

  private static final int MARKED = 40;

  private Curves() {}

  /** The charts, in the order of the stages. */
  static List<Chart> of(List<MetricsLine> lines) {
    Map<String, List<MetricsLine>> stages = new LinkedHashMap<>();
    for (MetricsLine line : lines) {
      stages.computeIfAbsent(line.stage(), s -> new ArrayList<>()).add(line);
    }
    List<Chart> charts = new ArrayList<>();
    stages.forEach(
        (stage, ofStage) -> {
          for (Kind kind : Kind.values()) {
            List<Curve> curves = curves(ofStage, kind);
            if (!curves.isEmpty()) {
              String name = stage + "-" + kind.name().toLowerCase(Locale.ROOT);
              charts.add(new Chart(name.replaceAll("[^A-Za-z0-9_-]", "_"), stage, kind, curves));
            }
          }
        });
    return charts;
  }

  private static List<Curve> curves(List<MetricsLine> lines, Kind kind) {
    Set<String> names = new LinkedHashSet<>();
    lines.forEach(line -> names.addAll(line.series().keySet()));
    return names.stream()
        .filter(name -> name.startsWith(kind.prefix))
        .map(name -> Curve.of(name, lines))
        .filter(curve -> curve.values().length > 0)
        .toList();
  }

  /** Writes a chart as PNG, completely or not at all. */
  static void write(Chart chart, Path png) {
    BufferedImage picture = draw(chart);
    AtomicFile.write(png, out -> ImageIO.write(picture, "png", out));
  }

  static BufferedImage draw(Chart chart) {
    XYChart xy =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(chart.title())
            .xAxisTitle("step")
            .yAxisTitle(chart.kind.axis)
            .build();
    Charts.style(xy.getStyler());
    // Below, because within the chart it hides the curves of a training that fails.
    xy.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    xy.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
    Curve only = chart.curves.get(0);
    xy.getStyler().setLegendVisible(chart.curves.size() > 1 || !only.name().equals("loss"));
    range(xy.getStyler(), chart);
    int n = 0;
    for (Curve curve : chart.curves) {
      XYSeries series = xy.addSeries(curve.name(), curve.steps(), curve.values());
      Color color = Palette.line(n++);
      series.setLineColor(color);
      series.setLineStyle(new BasicStroke(1.8f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
      series.setMarkerColor(color);
      series.setMarker(curve.values().length <= MARKED ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    }
    BufferedImage picture =
        new BufferedImage(WIDTH * DENSITY, HEIGHT * DENSITY, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.scale(DENSITY, DENSITY);
    xy.paint(g, WIDTH, HEIGHT);
    g.dispose();
    return picture;
  }

  /** Scores have their whole range; losses start at zero unless that would flatten them. */
  private static void range(XYStyler styler, Chart chart) {
    double last =
        chart.curves.stream().flatMapToDouble(c -> Arrays.stream(c.steps())).max().orElse(0);
    styler.setXAxisMin(0.0);
    // Not the last step itself: the library marks every point of an evenly spaced axis.
    styler.setXAxisMax(1.02 * last + 0.5);
    if (chart.kind != Kind.LOSS) {
      styler.setYAxisMin(0.0);
      styler.setYAxisMax(1.0);
      return;
    }
    double[] all = chart.curves.stream().flatMapToDouble(c -> Arrays.stream(c.values())).toArray();
    double lowest = Arrays.stream(all).min().orElse(0);
    double highest = Arrays.stream(all).max().orElse(0);
    if (lowest >= 0 && lowest < 0.7 * highest) {
      styler.setYAxisMin(0.0);
    }
  }
}
