package io.med3dinsight.report;

import io.med3dinsight.volume.AtomicFile;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Curves of means with their intervals over a logarithmic axis. */
public final class IntervalChart {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 360;

  /** Pixels per unit, so that the chart stays sharp in print. */
  private static final int DENSITY = 2;

  private IntervalChart() {}

  /**
   * A curve.
   *
   * @param x places, above 0
   * @param mean heights
   * @param half half the intervals' widths; NaN for none
   */
  public record Line(String name, double[] x, double[] mean, double[] half) {}

  /** Writes the chart as PNG, completely or not at all. */
  public static void write(Path png, String title, String xTitle, String yTitle, List<Line> lines) {
    XYChart xy =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .build();
    Charts.style(xy.getStyler());
    xy.getStyler().setXAxisLogarithmic(true);
    xy.getStyler().setLegendPosition(Styler.LegendPosition.InsideSE);
    int n = 0;
    for (Line line : lines) {
      double[] bars = line.half().clone();
      for (int i = 0; i < bars.length; i++) {
        bars[i] = Double.isNaN(bars[i]) ? 0 : bars[i];
      }
      XYSeries series = xy.addSeries(line.name(), line.x(), line.mean(), bars);
      series.setLineColor(Palette.line(n));
      series.setMarkerColor(Palette.line(n++));
      series.setMarker(SeriesMarkers.CIRCLE);
    }
    AtomicFile.write(png, out -> Charts.png(List.of(xy), DENSITY, out));
  }
}
