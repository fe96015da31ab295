package io.med3dinsight.report;

import io.med3dinsight.slice.Slice;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/**
 * One plane of an {@link Overlay}.
 *
 * @param slice the image
 * @param reference labels; null when nobody knows them
 * @param prediction labels
 * @param structures the label values that are outlined, in the order of their colours
 */
record OverlayPanel(
    Slice slice, LabelSlice reference, LabelSlice prediction, List<Integer> structures) {
  private static final float LINE = 2f;
  private static final float[] DASHES = {6f, 5f};

  /** Distance of an outline from the border of its structure, in pixels. */
  private static final double INSET = 1;

  /** Height in mm. */
  double height() {
    return slice.rows() * slice.rowSpacing();
  }

  /** Width in mm. */
  double width() {
    return slice.columns() * slice.columnSpacing();
  }

  /** The side of the patient at the left border: L, R, A, P, S or I. */
  String left() {
    return letter(slice.plane().columnFrom());
  }

  String right() {
    return letter(slice.plane().columnTo());
  }

  String top() {
    return letter(slice.plane().rowTo());
  }

  String bottom() {
    return letter(slice.plane().rowFrom());
  }

  private static String letter(String side) {
    return side.substring(0, 1).toUpperCase(Locale.ROOT);
  }

  /** Such as "axial, slice 18 of 35"; slices count from 1, from left, posterior and inferior. */
  String caption() {
    return slice.plane().label() + ", slice " + (slice.index() + 1) + " of " + slice.count();
  }

  /**
   * Draws the plane.
   *
   * @param x left border in pixels
   * @param y upper border in pixels
   * @param scale pixels per mm
   */
  void paint(Graphics2D g, int x, int y, double scale) {
    int w = (int) Math.round(width() * scale);
    int h = (int) Math.round(height() * scale);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    g.drawImage(grey(), x, y, w, h, null);
    double sx = (double) w / slice.columns();
    double sy = (double) h / slice.rows();
    // Rows run upwards in the patient, and downwards on the screen.
    AffineTransform place = new AffineTransform(sx, 0, 0, -sy, x, y + h);
    Shape clip = g.getClip();
    g.clipRect(x, y, w, h);
    double inset = Math.min(0.4, INSET / Math.min(sx, sy));
    for (int n = 0; n < structures.size(); n++) {
      g.setStroke(new BasicStroke(LINE, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
      outline(g, prediction, n, Palette.structure(n), place, inset);
    }
    for (int n = 0; reference != null && n < structures.size(); n++) {
      g.setStroke(dashed());
      outline(g, reference, n, Palette.reference(n), place, inset);
    }
    g.setClip(clip);
  }

  /** How references are drawn. */
  static BasicStroke dashed() {
    return new BasicStroke(LINE, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1f, DASHES, 0f);
  }

  private void outline(
      Graphics2D g, LabelSlice labels, int n, Color color, AffineTransform place, double inset) {
    g.setColor(color);
    g.draw(place.createTransformedShape(Contour.of(labels, structures.get(n), inset)));
  }

  private BufferedImage grey() {
    int rows = slice.rows();
    int columns = slice.columns();
    BufferedImage grey = new BufferedImage(columns, rows, BufferedImage.TYPE_INT_RGB);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        int v = Math.round((slice.scale().normalize(slice.at(r, c)) + 1) * 127.5f);
        grey.setRGB(c, rows - 1 - r, v << 16 | v << 8 | v);
      }
    }
    return grey;
  }
}
