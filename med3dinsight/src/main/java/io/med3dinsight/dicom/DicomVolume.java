package io.med3dinsight.dicom;

import java.util.List;
import java.util.function.Consumer;

/** A series as a volume: what it says, and its voxels. */
public final class DicomVolume {
  private final Stack stack;
  private final Series series;
  private final double[] affine;
  private final List<String> warnings;

  // The file at hand: frames of one file follow one another.
  private Source current;
  private PixelDecoder decoder;

  DicomVolume(Series series, Stack stack, List<String> warnings) {
    this.series = series;
    this.stack = stack;
    this.affine = stack.affine();
    this.warnings = List.copyOf(warnings);
  }

  /** Extent along the rows. */
  public int width() {
    return stack.first().format().columns();
  }

  /** Extent along the columns. */
  public int height() {
    return stack.first().format().rows();
  }

  /** Number of slices. */
  public int depth() {
    return stack.depth();
  }

  /** Number of volumes, such as points in time. */
  public int frames() {
    return stack.frames();
  }

  /** From voxel index to mm in RAS+: three rows of four, row by row. */
  public double[] affine() {
    return affine.clone();
  }

  /** The series. */
  public Series series() {
    return series;
  }

  /** What is unusual, a sentence each. */
  public List<String> warnings() {
    return warnings;
  }

  /** Slope and intercept of the first slice. */
  public double[] rescale() {
    return new double[] {stack.first().slope(), stack.first().intercept()};
  }

  /** Whether every voxel is a whole number, from {@link #lowest} to {@link #highest}. */
  public boolean isWhole() {
    return stack.isEven()
        && stack.all().stream()
            .allMatch(s -> s.slope() == Math.rint(s.slope()) && isWhole(s.intercept()));
  }

  private static boolean isWhole(double v) {
    return v == Math.rint(v);
  }

  /** The least number that the bits of a pixel can mean. */
  public double lowest() {
    return stack.all().stream().mapToDouble(s -> bound(s, s.slope() < 0)).min().orElseThrow();
  }

  /** The largest. */
  public double highest() {
    return stack.all().stream().mapToDouble(s -> bound(s, s.slope() > 0)).max().orElseThrow();
  }

  private static double bound(Slice s, boolean upper) {
    PixelFormat f = s.format();
    double power = Math.scalb(1.0, f.signed() ? f.stored() - 1 : f.stored());
    double stored = upper ? power - 1 : f.signed() ? -power : 0;
    return stored * s.slope() + s.intercept();
  }

  /**
   * Reads the voxels of one volume, slice by slice, rows from the lowest, columns fastest.
   *
   * @param slab takes each slice; the array is used again
   */
  public void read(int frame, Consumer<double[]> slab) {
    double[] out = null;
    for (int k = 0; k < depth(); k++) {
      Stack.Mixed mixed = stack.slice(k, frame);
      double[] lower = decoded(mixed.lower());
      // Only now is it known that the pixels are there.
      out = out == null ? new double[lower.length] : out;
      double[] upper = mixed.weight() > 0 ? decoded(mixed.upper()) : lower;
      for (int y = 0; y < height(); y++) {
        int from = (height() - 1 - y) * width();
        for (int x = 0; x < width(); x++) {
          double a = lower[from + x];
          double b = upper[from + x];
          out[y * width() + x] = mixed.weight() > 0 ? a + mixed.weight() * (b - a) : a;
        }
      }
      slab.accept(out);
    }
    current = null;
    decoder = null;
  }

  private double[] decoded(Slice s) {
    if (!s.source().equals(current)) {
      decoder =
          new PixelDecoder(Parser.parse(s.source().read(), s.source().name()), s.source().name());
      current = s.source();
    }
    long[] stored = decoder.decode(s.frame());
    double[] out = new double[stored.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = stored[i] * s.slope() + s.intercept();
    }
    return out;
  }
}
