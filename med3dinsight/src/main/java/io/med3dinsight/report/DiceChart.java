package io.med3dinsight.report;

import io.med3dinsight.volume.AtomicFile;
import java.awt.Color;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Dice over the share of labels, a line per method. */
public final class DiceChart {
  /**
   * One method.
   *
   * @param points labels in percent, mean Dice, deviation between seeds; by rising labels
   */
  public record Line(String name, List<double[]> points) {}

  private static final int WIDTH = 840;
  private static final int HEIGHT = 420;
  private static final int DENSITY = 2;

  private DiceChart() {}

  /** Writes the chart as PNG; nothing where this Java cannot write into pictures. */
  public static void write(Path png, List<Line> lines) {
    if (Lettering.missing().isPresent()) {
      return;
    }
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .xAxisTitle("labelled cases in percent")
            .yAxisTitle("Dice on the test cases")
            .build();
    Charts.style(chart.getStyler());
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    double least =
        lines.stream().flatMap(l -> l.points().stream()).mapToDouble(p -> p[0]).min().orElse(1);
    double most =
        lines.stream().flatMap(l -> l.points().stream()).mapToDouble(p -> p[0]).max().orElse(1);
    chart.getStyler().setXAxisLogarithmic(most >= 10 * least);
    chart.getStyler().setXAxisDecimalPattern("#,##0.##");
    for (int n = 0; n < lines.size(); n++) {
      List<double[]> points = lines.get(n).points();
      XYSeries s =
          chart.addSeries(
              lines.get(n).name(), column(points, 0), column(points, 1), column(points, 2));
      Color color = Palette.line(n);
      s.setLineColor(color);
      s.setMarkerColor(color);
      s.setMarker(
          n < 6 ? SeriesMarkers.CIRCLE : n < 12 ? SeriesMarkers.DIAMOND : SeriesMarkers.SQUARE);
    }
    AtomicFile.write(png, out -> Charts.png(List.of(chart), DENSITY, out));
  }

  private static double[] column(List<double[]> points, int k) {
    return points.stream().mapToDouble(p -> p[k]).toArray();
  }
}
