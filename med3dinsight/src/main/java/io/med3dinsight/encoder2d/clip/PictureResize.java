package io.med3dinsight.encoder2d.clip;

/**
 * Bicubic resampling of 8-bit pictures with antialiasing, to the bit as Pillow does it: Keys'
 * kernel with a = -0.5 (1981), stretched when the picture shrinks, weights rounded to 22 binary
 * digits; first along the rows, rounded to 8 bits, then along the columns.
 */
final class PictureResize {
  private static final int PRECISION = 22;
  private static final double SUPPORT = 2;

  private PictureResize() {}

  /**
   * @param pixels 0 to 255, [rows, columns]
   * @return [newRows, newColumns]
   */
  static int[] bicubic(int[] pixels, int rows, int columns, int newRows, int newColumns) {
    int[] wide = newColumns == columns ? pixels : alongRows(pixels, rows, columns, newColumns);
    if (newRows == rows) {
      return wide;
    }
    int[] turned = transpose(wide, rows, newColumns);
    return transpose(alongRows(turned, newColumns, rows, newRows), newColumns, newRows);
  }

  private static int[] transpose(int[] a, int rows, int columns) {
    int[] out = new int[a.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        out[c * rows + r] = a[r * columns + c];
      }
    }
    return out;
  }

  private static int[] alongRows(int[] pixels, int rows, int from, int to) {
    double scale = (double) from / to;
    double stretch = Math.max(1, scale);
    double support = SUPPORT * stretch;
    int[] out = new int[rows * to];
    for (int c = 0; c < to; c++) {
      double center = (c + 0.5) * scale;
      int first = Math.max(0, (int) (center - support + 0.5));
      int end = Math.min(from, (int) (center + support + 0.5));
      int[] weights = weights(first, end, center, 1 / stretch);
      for (int r = 0; r < rows; r++) {
        int sum = 1 << (PRECISION - 1);
        for (int k = 0; k < weights.length; k++) {
          sum += pixels[r * from + first + k] * weights[k];
        }
        out[r * to + c] = Math.max(0, Math.min(255, sum >> PRECISION));
      }
    }
    return out;
  }

  private static int[] weights(int first, int end, double center, double shrink) {
    double[] w = new double[end - first];
    double sum = 0;
    for (int k = 0; k < w.length; k++) {
      w[k] = kernel((k + first - center + 0.5) * shrink);
      sum += w[k];
    }
    int[] fixed = new int[w.length];
    for (int k = 0; k < w.length; k++) {
      double part = sum == 0 ? w[k] : w[k] / sum;
      fixed[k] = (int) (part * (1 << PRECISION) + (part < 0 ? -0.5 : 0.5));
    }
    return fixed;
  }

  private static double kernel(double x) {
    double a = Math.abs(x);
    if (a < 1) {
      return (1.5 * a - 2.5) * a * a + 1;
    }
    return a < 2 ? (((a - 5) * a + 8) * a - 4) * -0.5 : 0;
  }
}
