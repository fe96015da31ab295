package io.med3dinsight.report;

import io.med3dinsight.volume.AtomicFile;
import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Clouds of points in the plane, in panels side by side. */
public final class ScatterPicture {
  /** Points [n][2] of one kind. */
  public record Cloud(String name, double[][] points) {}

  /** Clouds in one pair of axes. */
  public record Panel(String title, List<Cloud> clouds) {
    /** A panel of named clouds, [cloud][point][2]. */
    public static Panel of(String title, List<String> names, double[][][] points) {
      List<Cloud> clouds = new ArrayList<>();
      for (int i = 0; i < points.length; i++) {
        clouds.add(new Cloud(names.get(i), points[i]));
      }
      return new Panel(title, clouds);
    }
  }

  private static final int SIDE = 420;
  private static final int DENSITY = 2;
  private static final int OPACITY = 150;

  private ScatterPicture() {}

  /** Writes the panels as PNG; nothing where this Java cannot write into pictures. */
  public static void write(Path png, List<Panel> panels) {
    if (Lettering.missing().isPresent()) {
      return;
    }
    List<XYChart> charts = new ArrayList<>();
    for (Panel panel : panels) {
      XYChart chart = new XYChartBuilder().width(SIDE).height(SIDE).title(panel.title()).build();
      Charts.style(chart.getStyler());
      chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
      // Points may be anywhere inside.
      chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
      chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
      // Neither axis means anything by itself.
      chart.getStyler().setAxisTicksVisible(false);
      for (int n = 0; n < panel.clouds().size(); n++) {
        double[][] p = panel.clouds().get(n).points();
        double[] x = new double[p.length];
        double[] y = new double[p.length];
        for (int i = 0; i < p.length; i++) {
          x[i] = p[i][0];
          y[i] = p[i][1];
        }
        XYSeries s = chart.addSeries(panel.clouds().get(n).name(), x, y);
        Color c = Palette.line(n);
        s.setMarkerColor(new Color(c.getRed(), c.getGreen(), c.getBlue(), OPACITY));
        s.setMarker(SeriesMarkers.CIRCLE);
      }
      charts.add(chart);
    }
    AtomicFile.write(png, out -> Charts.png(charts, DENSITY, out));
  }
}
