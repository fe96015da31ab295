package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Slices in order, and the even grid on which they become a volume. Slices ascend along the normal
 * (rows times columns), and rows are counted from the lowest, as dcm2niix writes them: an axial
 * series becomes left-anterior-superior.
 *
 * <p>Slices that are missing or unevenly spaced are interpolated linearly between their neighbours.
 * The slices of a tilted gantry keep their places: the grid is sheared.
 */
final class Stack {
  /** Positions closer than this in mm are one. */
  private static final double SAME = 0.01;

  /** By how much of the mean distance distances may differ, which rounding explains. */
  private static final double UNEVEN = 0.02;

  private static final double TILT_DEGREES = 0.5;

  /** Beyond this many times the slices that are there, a gap is no gap. */
  private static final int MAX_GROWTH = 4;

  private final String name;
  private final List<String> warnings;

  /** By position, then by time. */
  private final List<List<Slice>> slices = new ArrayList<>();

  private double[] places;
  private double[] step;
  private int depth;

  Stack(String name, List<Slice> all, List<String> warnings) {
    this.name = name;
    this.warnings = warnings;
    boolean placed = all.get(0).position() != null && all.get(0).orientation() != null;
    if (placed) {
      order(all);
      grid();
    } else {
      orderByNumber(all);
    }
  }

  /** Number of slices of the volume. */
  int depth() {
    return depth;
  }

  /** Number of volumes. */
  int frames() {
    return slices.get(0).size();
  }

  Slice first() {
    return slices.get(0).get(0);
  }

  List<Slice> all() {
    return slices.stream().flatMap(List::stream).toList();
  }

  /** Whether every slice of the volume is one of a file. */
  boolean isEven() {
    return depth == slices.size() && places == null;
  }

  /** A slice of the volume: one of a file, or between two with the weight of the upper one. */
  record Mixed(Slice lower, Slice upper, double weight) {}

  Mixed slice(int k, int frame) {
    if (places == null) {
      Slice s = slices.get(k).get(frame);
      return new Mixed(s, s, 0);
    }
    double at = places[places.length - 1] * k / (depth - 1);
    int found = Arrays.binarySearch(places, at);
    int above = Math.min(Math.max(found < 0 ? -found - 1 : found, 1), places.length - 1);
    double weight = (at - places[above - 1]) / (places[above] - places[above - 1]);
    Slice lower = slices.get(above - 1).get(frame);
    Slice upper = slices.get(above).get(frame);
    double w = Math.min(Math.max(weight, 0), 1);
    // Next to a file's own slice there is nothing to mix.
    return w < UNEVEN
        ? new Mixed(lower, lower, 0)
        : w > 1 - UNEVEN ? new Mixed(upper, upper, 0) : new Mixed(lower, upper, w);
  }

  private static Comparator<Slice> byOrder() {
    return (a, b) -> Arrays.compare(a.order(), b.order());
  }

  private void order(List<Slice> all) {
    double[] normal = all.get(0).normal();
    List<Slice> sorted = new ArrayList<>(all);
    sorted.sort(Comparator.comparingDouble((Slice s) -> s.along(normal)));
    double last = Double.NEGATIVE_INFINITY;
    for (Slice s : sorted) {
      if (s.along(normal) - last > SAME) {
        slices.add(new ArrayList<>());
        last = s.along(normal);
      }
      slices.get(slices.size() - 1).add(s);
    }
    int frames = slices.get(0).size();
    for (List<Slice> position : slices) {
      position.sort(byOrder());
      if (position.size() != frames) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "%s has %d images at one position and %d at another, so that they are no volume;"
                    + " put one acquisition into a folder of its own.",
                name,
                frames,
                position.size()));
      }
    }
  }

  /** Distances along the normal, the even grid and what to say about it. */
  private void grid() {
    Slice first = first();
    double[] normal = first.normal();
    int n = slices.size();
    if (n == 1) {
      single(first, normal);
      return;
    }
    double[] gaps = new double[n - 1];
    for (int i = 1; i < n; i++) {
      gaps[i - 1] = slices.get(i).get(0).along(normal) - slices.get(i - 1).get(0).along(normal);
    }
    double total = Arrays.stream(gaps).sum();
    double[] sorted = gaps.clone();
    Arrays.sort(sorted);
    double median = sorted[sorted.length / 2];
    double mean = total / gaps.length;
    boolean even =
        sorted[0] > mean - tolerance(mean) && sorted[sorted.length - 1] < mean + tolerance(mean);
    depth = even ? n : evened(gaps, sorted, median, total);
    Slice last = slices.get(n - 1).get(0);
    step = new double[3];
    for (int i = 0; i < 3; i++) {
      step[i] = (last.position()[i] - first.position()[i]) / (depth - 1);
    }
    tilt(total / (depth - 1));
    sideways();
  }

  private static double tolerance(double mean) {
    return Math.max(UNEVEN * mean, SAME);
  }

  private int evened(double[] gaps, double[] sorted, double median, double total) {
    long count = Math.round(total / median) + 1;
    if (count > (long) MAX_GROWTH * slices.size()) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s has slices %.2f mm apart and others %.2f mm apart, so that they are no volume; put"
                  + " the slices of one volume into a folder of its own.",
              name,
              sorted[0],
              sorted[sorted.length - 1]));
    }
    places = new double[slices.size()];
    int missing = 0;
    boolean multiples = true;
    for (int i = 0; i < gaps.length; i++) {
      places[i + 1] = places[i] + gaps[i];
      long times = Math.round(gaps[i] / median);
      multiples &= times >= 1 && Math.abs(gaps[i] - times * median) < 0.1 * median;
      missing += (int) Math.max(0, times - 1);
    }
    warnings.add(
        multiples
            ? String.format(
                Locale.ROOT,
                "%d of %d slices are missing; they are interpolated from their neighbours",
                missing,
                count)
            : String.format(
                Locale.ROOT,
                "slices are %.2f to %.2f mm apart; they are interpolated to even distances of %.2f"
                    + " mm",
                sorted[0],
                sorted[sorted.length - 1],
                total / (count - 1)));
    return (int) count;
  }

  private void single(Slice first, double[] normal) {
    depth = 1;
    double gap = first.gap();
    if (Double.isNaN(gap)) {
      gap = 1;
      warnings.add("a single slice without a thickness is taken as 1 mm thick");
    }
    step = new double[] {gap * normal[0], gap * normal[1], gap * normal[2]};
  }

  private void tilt(double distance) {
    double length = Math.sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2]);
    double degrees = Math.toDegrees(Math.acos(Math.min(1, distance / length)));
    if (degrees > TILT_DEGREES) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "the gantry was tilted by %.1f degrees: slices keep their places on a sheared grid",
              degrees));
    }
  }

  /** Slices beside the line from the first to the last. */
  private void sideways() {
    double[] first = first().position();
    double worst = 0;
    for (int i = 0; i < slices.size(); i++) {
      double along = places == null ? i : places[i] / places[places.length - 1] * (depth - 1);
      double square = 0;
      for (int a = 0; a < 3; a++) {
        double d = slices.get(i).get(0).position()[a] - first[a] - along * step[a];
        square += d * d;
      }
      worst = Math.max(worst, Math.sqrt(square));
    }
    double pixel = first().spacing() == null ? 1 : first().spacing()[0];
    if (worst > Math.max(0.5 * pixel, 0.1)) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "slices lie up to %.2f mm beside the line that they should form",
              worst));
    }
  }

  private void orderByNumber(List<Slice> all) {
    List<Slice> sorted = new ArrayList<>(all);
    sorted.sort(byOrder());
    sorted.forEach(s -> slices.add(List.of(s)));
    depth = slices.size();
    warnings.add(
        "the files do not say where their slices lie: ordered by instance number, axes are assumed");
  }

  /** From column, row counted from the lowest, and slice to mm in RAS+: three rows of four. */
  double[] affine() {
    Slice f = first();
    double[] o = f.orientation() == null ? new double[] {1, 0, 0, 0, 1, 0} : f.orientation();
    double[] p = f.position() == null ? new double[3] : f.position();
    double[] across = step;
    if (across == null) {
      across = new double[] {0, 0, Double.isNaN(f.gap()) ? 1 : f.gap()};
    }
    double[] spacing = f.spacing();
    if (spacing == null) {
      spacing = new double[] {1, 1};
      warnings.add("the files do not say how large pixels are: taken as 1 mm");
    }
    double[] rows = new double[12];
    for (int i = 0; i < 3; i++) {
      // LPS to RAS turns the first two axes.
      double sign = i < 2 ? -1 : 1;
      double column = o[3 + i] * spacing[0];
      rows[4 * i] = sign * o[i] * spacing[1];
      rows[4 * i + 1] = -sign * column;
      rows[4 * i + 2] = sign * across[i];
      rows[4 * i + 3] = sign * (p[i] + column * (f.format().rows() - 1));
    }
    for (int i = 0; i < 12; i++) {
      // No negative zeros.
      rows[i] += 0.0;
    }
    return rows;
  }
}
