package io.med3dinsight.dicom;

/**
 * One frame of one file, with its place in the patient.
 *
 * @param position of the first pixel's centre in mm, LPS; null when the file does not say
 * @param orientation directions of rows and of columns; null when the file does not say
 * @param spacing distances between rows and between columns in mm; null when the file does not say
 * @param gap distance to the next slice in mm as the file states it; NaN when it does not
 * @param order by which slices of one position are sorted: time, acquisition, instance
 */
record Slice(
    Source source,
    int frame,
    PixelFormat format,
    double[] position,
    double[] orientation,
    double[] spacing,
    double gap,
    double slope,
    double intercept,
    int[] order) {

  /** Length of the slice's way along a direction. */
  double along(double[] direction) {
    return position[0] * direction[0] + position[1] * direction[1] + position[2] * direction[2];
  }

  /** Unit vector across the slice: rows times columns. */
  double[] normal() {
    double[] o = orientation;
    double[] n = {o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]};
    double length = Math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    return new double[] {n[0] / length, n[1] / length, n[2] / length};
  }

  /** Whether two slices can lie in one stack: same size, directions and pixels. */
  boolean fits(Slice other) {
    return format.rows() == other.format.rows()
        && format.columns() == other.format.columns()
        && close(orientation, other.orientation, 1e-3)
        && close(spacing, other.spacing, 1e-3)
        && (position == null) == (other.position == null);
  }

  private static boolean close(double[] a, double[] b, double tolerance) {
    if (a == null || b == null) {
      return a == b;
    }
    for (int i = 0; i < a.length; i++) {
      if (Math.abs(a[i] - b[i]) > tolerance) {
        return false;
      }
    }
    return true;
  }
}
