package io.med3dinsight.slice;

/**
 * A slice as a grey picture, as radiologists hang it: top is anterior (axial) or superior, the left
 * border is the patient's right (axial, coronal) or anterior (sagittal). Pixels are square in mm.
 *
 * @param width columns
 * @param height rows
 * @param grey one byte a pixel, row-major from the top left, 0 black, 255 white
 */
public record SlicePicture(int width, int height, byte[] grey) {
  /**
   * Draws a slice; between pixels it is interpolated linearly.
   *
   * @param longest pixels of the longer side
   */
  public static SlicePicture of(Slice s, Window window, int longest) {
    double mmWide = s.columns() * s.columnSpacing();
    double mmHigh = s.rows() * s.rowSpacing();
    double scale = longest / Math.max(mmWide, mmHigh);
    int width = (int) Math.max(1, Math.round(mmWide * scale));
    int height = (int) Math.max(1, Math.round(mmHigh * scale));
    byte[] grey = new byte[width * height];
    for (int y = 0; y < height; y++) {
      // Rows run towards anterior or superior, columns towards right or anterior: both turn round.
      double row = place(height - 1 - y, height, s.rows());
      for (int x = 0; x < width; x++) {
        double column = place(width - 1 - x, width, s.columns());
        grey[y * width + x] = (byte) window.grey(interpolate(s, row, column));
      }
    }
    return new SlicePicture(width, height, grey);
  }

  private static double place(int pixel, int pixels, int voxels) {
    return Math.max(0, Math.min(voxels - 1.0, (pixel + 0.5) * voxels / pixels - 0.5));
  }

  private static double interpolate(Slice s, double row, double column) {
    int r0 = (int) row;
    int r1 = Math.min(s.rows() - 1, r0 + 1);
    int c0 = (int) column;
    int c1 = Math.min(s.columns() - 1, c0 + 1);
    double top = s.at(r0, c0) + (column - c0) * ((double) s.at(r0, c1) - s.at(r0, c0));
    double bottom = s.at(r1, c0) + (column - c0) * ((double) s.at(r1, c1) - s.at(r1, c0));
    return top + (row - r0) * (bottom - top);
  }

  /** Whether all pixels are equal, so that there is nothing to see. */
  public boolean isBlank() {
    for (byte b : grey) {
      if (b != grey[0]) {
        return false;
      }
    }
    return true;
  }

  /** What lies at the top of a picture of the plane. */
  public static String top(Plane p) {
    return p.rowTo();
  }

  /** What lies at the bottom of a picture of the plane. */
  public static String bottom(Plane p) {
    return p.rowFrom();
  }

  /** What lies at the left border of a picture of the plane. */
  public static String left(Plane p) {
    return p.columnTo();
  }

  /** What lies at the right border of a picture of the plane. */
  public static String right(Plane p) {
    return p.columnFrom();
  }
}
