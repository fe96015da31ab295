package io.med3dinsight.caption;

import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Describes a slice by rules, without any model: plane, relative position, modality, field of view,
 * tissue fractions, the largest bright and dark regions with side and size, symmetry and edges.
 * Every statement is read off the pixels and the header, so the text tells something about its
 * slice. Numbers are rounded to steps that recur, so that a small vocabulary suffices.
 */
public final class OfflineDescriber implements SliceDescriber {
  private static final int VERSION = 2;

  private final String modality;
  private final boolean ct;

  /**
   * @param modality as the data set names it, such as {@code MRI}, {@code T1} or {@code CT}
   */
  public OfflineDescriber(String modality) {
    this.modality = modality;
    this.ct = modality.toUpperCase(Locale.ROOT).startsWith("CT");
  }

  @Override
  public String id() {
    return "offline-describer-" + VERSION + "/" + modality;
  }

  @Override
  public String describe(Slice s) {
    List<String> text = new ArrayList<>();
    text.add(position(s));
    text.add(
        String.format(
            Locale.ROOT,
            "The field of view is %d by %d mm.",
            round(s.columns() * s.columnSpacing(), 5),
            round(s.rows() * s.rowSpacing(), 5)));
    text.add(ct ? hounsfield(s) : fractions(s));
    text.add(region(s, "bright", Region.largest(s, p -> isBright(s.pixels()[p], s.scale()))));
    text.add(region(s, "dark", Region.largest(s, p -> isDark(s.pixels()[p], s.scale()))));
    text.add(brightestSide(s));
    if (s.plane() != Plane.SAGITTAL) {
      text.add(symmetry(s));
    }
    text.add(edges(s));
    return String.join(" ", text);
  }

  private String position(Slice s) {
    Plane p = s.plane();
    double at = s.position();
    String third = at < 1 / 3.0 ? p.from() : at > 2 / 3.0 ? p.to() : "middle";
    return String.format(
        Locale.ROOT,
        "%s %s slice in the %s third, %d percent of the way from %s to %s.",
        p.label().substring(0, 1).toUpperCase(Locale.ROOT) + p.label().substring(1),
        modality,
        third,
        round(100 * at, 5),
        p.from(),
        p.to());
  }

  /** Darkest quarter of the volume, as far as it is darker than anything. */
  private static boolean isDark(float v, IntensityScale scale) {
    return v <= scale.dark() && v < scale.high();
  }

  /** Brightest seventh of the volume; where that is background, whatever is brighter. */
  private static boolean isBright(float v, IntensityScale scale) {
    return v >= scale.bright() && v > scale.dark();
  }

  private static String fractions(Slice s) {
    double dark = fraction(s, v -> isDark(v, s.scale()));
    double bright = fraction(s, v -> isBright(v, s.scale()));
    return String.format(
        Locale.ROOT,
        "Dark tissue fills %d percent, intermediate tissue %d percent and bright tissue %d percent.",
        round(dark, 5),
        round(100 - dark - bright, 5),
        round(bright, 5));
  }

  private static String hounsfield(Slice s) {
    return String.format(
        Locale.ROOT,
        "Air fills %d percent, fat %d percent, soft tissue %d percent and bone or contrast %d percent.",
        round(fraction(s, v -> v < -300), 5),
        round(fraction(s, v -> v >= -200 && v < -30), 5),
        round(fraction(s, v -> v >= -30 && v < 150), 5),
        round(fraction(s, v -> v >= 150), 5));
  }

  private interface Tissue {
    boolean holds(float intensity);
  }

  /** Percentage of pixels of the tissue. */
  private static double fraction(Slice s, Tissue tissue) {
    int n = 0;
    for (float v : s.pixels()) {
      n += tissue.holds(v) ? 1 : 0;
    }
    return 100.0 * n / s.pixels().length;
  }

  private static String region(Slice s, String kind, Region r) {
    if (r == null) {
      return "There is no " + kind + " region.";
    }
    double share = r.area() / (s.rows() * s.rowSpacing() * s.columns() * s.columnSpacing());
    String many = r.count() == 0 ? "Tiny" : r.count() < 4 ? "Few" : "Many";
    String size = share < 0.02 ? "small" : share < 0.1 ? "medium" : "large";
    return String.format(
            Locale.ROOT,
            "%s %s, about %d square mm, %s.",
            r.count() == 1 ? "One bright region:" : many + " bright regions: the largest is",
            size,
            roundArea(r.area()),
            side(s.plane(), r.row(), r.column()))
        .replace("bright", kind);
  }

  /** Two significant steps a decade keep the numbers few: 1, 2, 5, 10, 20, 50 ... */
  private static long roundArea(double area) {
    double decade = Math.pow(10, Math.floor(Math.log10(Math.max(1, area))));
    double m = area / decade;
    return Math.round((m < 1.5 ? 1 : m < 3.5 ? 2 : m < 7.5 ? 5 : 10) * decade);
  }

  private static String side(Plane p, double row, double column) {
    String r = row < 0.4 ? p.rowFrom() : row > 0.6 ? p.rowTo() : "";
    String c = column < 0.4 ? p.columnFrom() : column > 0.6 ? p.columnTo() : "";
    if (r.isEmpty() && c.isEmpty()) {
      return "in the centre";
    }
    return "on the " + (r + " " + c).trim() + " side";
  }

  private static String brightestSide(Slice s) {
    double[] quadrant = new double[4];
    int[] n = new int[4];
    for (int r = 0; r < s.rows(); r++) {
      for (int c = 0; c < s.columns(); c++) {
        int q = (2 * r >= s.rows() ? 2 : 0) + (2 * c >= s.columns() ? 1 : 0);
        quadrant[q] += s.at(r, c);
        n[q]++;
      }
    }
    int best = -1;
    int worst = -1;
    for (int q = 0; q < 4; q++) {
      if (n[q] > 0) {
        quadrant[q] /= n[q];
        best = best < 0 || quadrant[q] > quadrant[best] ? q : best;
        worst = worst < 0 || quadrant[q] < quadrant[worst] ? q : worst;
      }
    }
    if (best == worst) {
      return "All quadrants are equally bright.";
    }
    return String.format(
        "The %s quadrant is the brightest and the %s quadrant the darkest.",
        quadrantName(s.plane(), best), quadrantName(s.plane(), worst));
  }

  private static String quadrantName(Plane p, int q) {
    return (q >= 2 ? p.rowTo() : p.rowFrom()) + " " + (q % 2 == 1 ? p.columnTo() : p.columnFrom());
  }

  /** Correlation of the slice with its mirror image about the middle column. */
  private static String symmetry(Slice s) {
    double mean = 0;
    for (float v : s.pixels()) {
      mean += v;
    }
    mean /= s.pixels().length;
    double cross = 0;
    double square = 0;
    for (int r = 0; r < s.rows(); r++) {
      for (int c = 0; c < s.columns(); c++) {
        double v = s.at(r, c) - mean;
        cross += v * (s.at(r, s.columns() - 1 - c) - mean);
        square += v * v;
      }
    }
    double correlation = square > 0 ? cross / square : 1;
    return "Left and right are "
        + (correlation > 0.7
            ? "symmetric."
            : correlation > 0.3 ? "partly symmetric." : "asymmetric.");
  }

  /** Mean step between neighbours, relative to the volume's range of intensities. */
  private static String edges(Slice s) {
    double sum = 0;
    for (int r = 0; r + 1 < s.rows(); r++) {
      for (int c = 0; c + 1 < s.columns(); c++) {
        sum += Math.abs(s.at(r + 1, c) - s.at(r, c)) + Math.abs(s.at(r, c + 1) - s.at(r, c));
      }
    }
    double range = Math.max(1e-6, (double) s.scale().high() - s.scale().low());
    double mean = sum / (2.0 * Math.max(1, (s.rows() - 1) * (s.columns() - 1)) * range);
    return mean < 0.03
        ? "It is smooth."
        : mean < 0.08 ? "It is moderately textured." : "It is richly textured.";
  }

  private static long round(double value, int step) {
    return Math.round(value / step) * step;
  }
}
