package io.med3dinsight.report;

import java.awt.Color;

/**
 * Colours that people with any colour vision can tell apart.
 *
 * <p>Source: Okabe, Ito: Color Universal Design (2008), https://jfly.uni-koeln.de/color/.
 */
final class Palette {
  private static final Color ORANGE = new Color(0xE69F00);
  private static final Color SKY_BLUE = new Color(0x56B4E9);
  private static final Color GREEN = new Color(0x009E73);
  private static final Color YELLOW = new Color(0xF0E442);
  private static final Color BLUE = new Color(0x0072B2);
  private static final Color VERMILION = new Color(0xD55E00);
  private static final Color PURPLE = new Color(0xCC79A7);

  /** Those that stand out on grey images first. */
  private static final Color[] CLASSES = {ORANGE, SKY_BLUE, PURPLE, GREEN, YELLOW, VERMILION, BLUE};

  /** Those that stand out on white first. */
  private static final Color[] LINES = {BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY_BLUE};

  private Palette() {}

  /** Colour of the nth structure, from 0; they come round again after seven. */
  static Color structure(int n) {
    return CLASSES[n % CLASSES.length];
  }

  /** The lighter tint in which the nth structure's reference is drawn. */
  static Color reference(int n) {
    Color c = structure(n);
    return new Color(lighter(c.getRed()), lighter(c.getGreen()), lighter(c.getBlue()));
  }

  private static int lighter(int channel) {
    return (channel + 255) / 2;
  }

  /** Colour of the nth line of a chart, from 0. */
  static Color line(int n) {
    return LINES[n % LINES.length];
  }

  /** As CSS writes it. */
  static String css(Color c) {
    return String.format("#%02x%02x%02x", c.getRed(), c.getGreen(), c.getBlue());
  }
}
