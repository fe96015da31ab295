package io.med3dinsight.slice;

/**
 * One plane of a volume: what a describer or a 2D encoder sees.
 *
 * @param plane which plane
 * @param index slice number along the plane's axis, from 0
 * @param count number of slices along that axis
 * @param rows number of rows
 * @param columns number of columns
 * @param pixels intensities as stored (HU for CT), row-major, rows and columns running as {@link
 *     Plane} says
 * @param rowSpacing distance between rows in mm
 * @param columnSpacing distance between columns in mm
 * @param scale intensity percentiles of the whole volume
 */
public record Slice(
    Plane plane,
    int index,
    int count,
    int rows,
    int columns,
    float[] pixels,
    double rowSpacing,
    double columnSpacing,
    IntensityScale scale) {

  /** Where the slice lies along its axis, from 0 to 1; 0.5 for a volume of one slice. */
  public double position() {
    return count > 1 ? index / (count - 1.0) : 0.5;
  }

  public float at(int row, int column) {
    return pixels[row * columns + column];
  }

  /**
   * Cuts one slice out of a volume.
   *
   * @param voxels intensities [D,H,W] in RAS orientation
   * @param extents D, H, W
   * @param spacing mm along D, H, W
   */
  public static Slice of(
      float[] voxels,
      int[] extents,
      double[] spacing,
      Plane plane,
      int index,
      IntensityScale scale) {
    int h = extents[1];
    int w = extents[2];
    int fixed = plane.axis();
    int rowAxis = fixed == 0 ? 1 : 0;
    int columnAxis = fixed == 2 ? 1 : 2;
    int[] strides = {h * w, w, 1};
    int rows = extents[rowAxis];
    int columns = extents[columnAxis];
    float[] p = new float[rows * columns];
    for (int r = 0; r < rows; r++) {
      int o = index * strides[fixed] + r * strides[rowAxis];
      for (int c = 0; c < columns; c++) {
        p[r * columns + c] = voxels[o + c * strides[columnAxis]];
      }
    }
    return new Slice(
        plane,
        index,
        extents[fixed],
        rows,
        columns,
        p,
        spacing[rowAxis],
        spacing[columnAxis],
        scale);
  }

  /**
   * The pixels resampled bilinearly to {@code size} x {@code size}, scaled by {@link
   * IntensityScale#normalize}.
   */
  public float[] thumbnail(int size) {
    float[] out = new float[size * size];
    for (int r = 0; r < size; r++) {
      double y = Math.max(0, Math.min(rows - 1.0, (r + 0.5) * rows / size - 0.5));
      int y0 = (int) y;
      int y1 = Math.min(rows - 1, y0 + 1);
      for (int c = 0; c < size; c++) {
        double x = Math.max(0, Math.min(columns - 1.0, (c + 0.5) * columns / size - 0.5));
        int x0 = (int) x;
        int x1 = Math.min(columns - 1, x0 + 1);
        double top = at(y0, x0) + (x - x0) * (at(y0, x1) - at(y0, x0));
        double bottom = at(y1, x0) + (x - x0) * (at(y1, x1) - at(y1, x0));
        out[r * size + c] = scale.normalize(top + (y - y0) * (bottom - top));
      }
    }
    return out;
  }
}
