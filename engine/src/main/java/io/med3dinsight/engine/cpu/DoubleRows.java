package io.med3dinsight.engine.cpu;

/**
 * Double-precision row loops for small dense problems, written so that the JIT compiler vectorises
 * them: every inner loop adds multiples of rows to a row, none reduces.
 */
final class DoubleRows {
  private DoubleRows() {}

  /**
   * {@code y[0..n) = sum over r in [0, rows) of w[r] * x[r*n + ...]}, with the rows in a fixed
   * order.
   */
  static void combine(double[] x, int rows, int n, double[] w, double[] y) {
    java.util.Arrays.fill(y, 0, n, 0.0);
    int r = 0;
    for (; r + 4 <= rows; r += 4) {
      add4(
          x,
          r * n,
          (r + 1) * n,
          (r + 2) * n,
          (r + 3) * n,
          w[r],
          w[r + 1],
          w[r + 2],
          w[r + 3],
          y,
          0,
          n);
    }
    for (; r < rows; r++) {
      add(x, r * n, w[r], y, 0, n);
    }
  }

  /** {@code y[yo + i] += w * x[xo + i]} for i in [0, n). */
  static void add(double[] x, int xo, double w, double[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] += w * x[xo + i];
    }
  }

  /** Adds four weighted rows at once, which spares three of four passes over {@code y}. */
  static void add4(
      double[] x,
      int x0,
      int x1,
      int x2,
      int x3,
      double w0,
      double w1,
      double w2,
      double w3,
      double[] y,
      int yo,
      int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] += (w0 * x[x0 + i] + w1 * x[x1 + i]) + (w2 * x[x2 + i] + w3 * x[x3 + i]);
    }
  }

  static double sum(double[] x, int from, int n) {
    double s = 0;
    for (int i = 0; i < n; i++) {
      s += x[from + i];
    }
    return s;
  }
}
