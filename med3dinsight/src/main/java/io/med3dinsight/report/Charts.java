package io.med3dinsight.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.XYStyler;

/** The look that all charts share. */
final class Charts {
  static final Color TEXT = new Color(0x26292E);
  static final Color GRID = new Color(0xE3E5E8);

  private Charts() {}

  static void style(XYStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1f));
    styler.setPlotGridVerticalLinesVisible(false);
    styler.setAxisTickMarksColor(GRID);
    styler.setAxisTickLabelsColor(TEXT);
    styler.setChartFontColor(TEXT);
    styler.setChartTitleFont(Lettering.bold(16));
    styler.setAxisTitleFont(Lettering.plain(14));
    styler.setAxisTickLabelsFont(Lettering.plain(13));
    styler.setLegendFont(Lettering.plain(13));
    styler.setLegendBorderColor(GRID);
    styler.setLegendBackgroundColor(new Color(255, 255, 255, 190));
    styler.setLegendPadding(6);
    styler.setMarkerSize(5);
    styler.setXAxisDecimalPattern("#,##0");
    styler.setChartPadding(8);
    styler.setAntiAlias(true);
  }

  /**
   * Prepares for drawing into a picture of more pixels than units.
   *
   * @param density pixels per unit
   */
  static void sharpen(Graphics2D g, int density) {
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.scale(density, density);
  }

  /**
   * Writes a text.
   *
   * @param share of the text's width that lies left of x: 0 begins there, 1 ends there
   * @param y of the base line
   */
  static void text(Graphics2D g, String text, double x, double y, double share) {
    g.drawString(text, (float) (x - share * width(g, text)), (float) y);
  }

  /** Width of a text in the present font. */
  static double width(Graphics2D g, String text) {
    return g.getFont().getStringBounds(text, g.getFontRenderContext()).getWidth();
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
