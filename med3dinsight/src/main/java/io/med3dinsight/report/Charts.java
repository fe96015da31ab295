package io.med3dinsight.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.XYStyler;

/** The look that all charts share. */
final class Charts {
  private Charts() {}

  static void style(XYStyler styler) {
    Color text = new Color(0x26292E);
    Color grid = new Color(0xE3E5E8);
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(grid);
    styler.setPlotGridLinesStroke(new BasicStroke(1f));
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setAxisTickMarksColor(grid);
    styler.setAxisTickLabelsColor(text);
    styler.setChartFontColor(text);
    styler.setChartTitleFont(Lettering.bold(16));
    styler.setAxisTitleFont(Lettering.plain(14));
    styler.setAxisTickLabelsFont(Lettering.plain(13));
    styler.setLegendFont(Lettering.plain(13));
    styler.setLegendBorderColor(grid);
    styler.setLegendBackgroundColor(new Color(255, 255, 255, 190));
    styler.setLegendPadding(6);
    styler.setMarkerSize(5);
    styler.setXAxisDecimalPattern("#,##0");
    styler.setChartPadding(8);
    styler.setAntiAlias(true);
  }

  /**
   * Draws charts of one height side by side.
   *
   * @param density pixels per unit, so that they stay sharp in print
   */
  static void png(List<XYChart> charts, int density, OutputStream out) throws IOException {
    int width = charts.stream().mapToInt(XYChart::getWidth).sum();
    int height = charts.get(0).getHeight();
    BufferedImage picture =
        new BufferedImage(width * density, height * density, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.scale(density, density);
    for (XYChart chart : charts) {
      chart.paint(g, chart.getWidth(), height);
      g.translate(chart.getWidth(), 0);
    }
    g.dispose();
    ImageIO.write(picture, "png", out);
  }
}
