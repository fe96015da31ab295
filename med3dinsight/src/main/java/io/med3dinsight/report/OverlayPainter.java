package io.med3dinsight.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Lays out the planes of an {@link Overlay} side by side, with letters, captions and a legend. */
final class OverlayPainter {
  private static final Color BACKGROUND = new Color(0x14161A);
  private static final Color FOREGROUND = new Color(0xECECEC);
  private static final Color MUTED = new Color(0xA9AEB6);

  /** Room around everything and between the planes. */
  private static final int GAP = 16;

  /** Room for the letters at the borders of a plane. */
  private static final int LETTERS = 20;

  private static final int TITLE = 24;
  private static final int CAPTION = 22;
  private static final int LEGEND = 24;
  private static final int SWATCH = 26;

  /** The longest side of the volume becomes at least this many pixels ... */
  private static final int SMALLEST = 340;

  /** ... and at most this many, however many voxels it has. */
  private static final int LARGEST = 640;

  /**
   * One structure in the legend.
   *
   * @param color its place in the palette
   */
  record Entry(int color, String text) {}

  private final String title;
  private final List<OverlayPanel> panels;
  private final List<Entry> legend;
  private final boolean hasReference;
  private final double scale;

  OverlayPainter(
      String title, List<OverlayPanel> panels, List<Entry> legend, boolean hasReference) {
    this.title = title;
    this.panels = panels;
    this.legend = legend;
    this.hasReference = hasReference;
    scale = scale(panels);
  }

  /** Pixels per mm, the same in all planes. */
  static double scale(List<OverlayPanel> panels) {
    double longest = 0;
    double finest = Double.POSITIVE_INFINITY;
    for (OverlayPanel p : panels) {
      longest = Math.max(longest, Math.max(p.width(), p.height()));
      finest = Math.min(finest, Math.min(p.slice().rowSpacing(), p.slice().columnSpacing()));
    }
    return Math.max(SMALLEST, Math.min(LARGEST, longest / finest)) / longest;
  }

  BufferedImage paint() {
    boolean letters = Lettering.missing().isEmpty();
    int width = GAP;
    int tallest = 0;
    for (OverlayPanel p : panels) {
      width += pixels(p.width()) + 2 * LETTERS + GAP;
      tallest = Math.max(tallest, pixels(p.height()));
    }
    int below = GAP + TITLE + LETTERS + tallest + LETTERS + CAPTION;
    List<List<Entry>> lines = letters ? LegendLines.wrap(legend, width - 2 * GAP) : List.of();
    int height = below + LEGEND * (lines.size() + 1) + GAP;
    BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = picture.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setColor(BACKGROUND);
    g.fillRect(0, 0, width, height);
    planes(g, tallest, letters);
    if (letters) {
      text(g, Lettering.bold(15), FOREGROUND, title, GAP, GAP + 13);
      legend(g, lines, below);
    }
    g.dispose();
    return picture;
  }

  private void planes(Graphics2D g, int tallest, boolean letters) {
    int x = GAP + LETTERS;
    for (OverlayPanel p : panels) {
      int w = pixels(p.width());
      int h = pixels(p.height());
      int y = GAP + TITLE + LETTERS + (tallest - h) / 2;
      p.paint(g, x, y, scale);
      if (letters) {
        letters(g, p, x, y, w, h);
        int line = GAP + TITLE + LETTERS + tallest + LETTERS + 14;
        centred(g, Lettering.plain(12), MUTED, p.caption(), x + w / 2, line);
      }
      x += w + 2 * LETTERS + GAP;
    }
  }

  private static void letters(Graphics2D g, OverlayPanel p, int x, int y, int w, int h) {
    Font font = Lettering.bold(13);
    centred(g, font, FOREGROUND, p.left(), x - LETTERS / 2, y + h / 2 + 5);
    centred(g, font, FOREGROUND, p.right(), x + w + LETTERS / 2, y + h / 2 + 5);
    centred(g, font, FOREGROUND, p.top(), x + w / 2, y - 5);
    centred(g, font, FOREGROUND, p.bottom(), x + w / 2, y + h + 15);
  }

  private void legend(Graphics2D g, List<List<Entry>> lines, int top) {
    int y = top + LEGEND / 2;
    for (List<Entry> line : lines) {
      int x = GAP;
      for (Entry e : line) {
        sample(g, x, y, Palette.structure(e.color), false);
        if (hasReference) {
          sample(g, x, y + 6, Palette.reference(e.color), true);
        }
        text(g, LegendLines.FONT, FOREGROUND, e.text, x + SWATCH + 8, y + 7);
        x += LegendLines.width(e);
      }
      y += LEGEND;
    }
    String key = hasReference ? "solid: prediction, dashed: reference" : "solid: prediction";
    text(g, Lettering.plain(12), MUTED, key + "; left is the patient's left", GAP, y + 6);
  }

  private static void sample(Graphics2D g, int x, int y, Color color, boolean dashed) {
    g.setColor(color);
    g.setStroke(dashed ? OverlayPanel.dashed() : new BasicStroke(3f));
    g.drawLine(x, y, x + SWATCH, y);
  }

  private int pixels(double mm) {
    return (int) Math.round(mm * scale);
  }

  private static void centred(Graphics2D g, Font font, Color color, String text, int x, int y) {
    FontMetrics metrics = g.getFontMetrics(font);
    text(g, font, color, text, x - metrics.stringWidth(text) / 2, y);
  }

  private static void text(Graphics2D g, Font font, Color color, String text, int x, int y) {
    g.setFont(font);
    g.setColor(color);
    g.drawString(text, x, y);
  }

  /** Breaks the legend into lines that fit. */
  private static final class LegendLines {
    static final Font FONT = Lettering.plain(13);

    static List<List<Entry>> wrap(List<Entry> legend, int room) {
      List<List<Entry>> lines = new ArrayList<>();
      int used = room;
      for (Entry e : legend) {
        if (used + width(e) > room) {
          lines.add(new ArrayList<>());
          used = 0;
        }
        lines.get(lines.size() - 1).add(e);
        used += width(e);
      }
      return lines;
    }

    static int width(Entry e) {
      var context = new FontRenderContext(null, true, false);
      return SWATCH + 8 + (int) Math.ceil(FONT.getStringBounds(e.text, context).getWidth()) + 28;
    }
  }
}
