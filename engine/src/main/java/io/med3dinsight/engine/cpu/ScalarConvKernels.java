package io.med3dinsight.engine.cpu;

/**
 * Convolution tiles as plain loops over the output channels, four terms at a time so that sums are
 * loaded and stored less often.
 */
final class ScalarConvKernels implements ConvKernels {
  private static final int LANES = 16;
  private static final int ROWS = 8;

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public int maxRows(int vectors) {
    return ROWS;
  }

  @Override
  public int gatherRows(int rows, int vectors) {
    return rows;
  }

  @Override
  public int narrowRows(int rows, int vectors) {
    return Math.min(rows, ROWS);
  }

  /** {@code y[v] += a0 * w[v] + a1 * w[v + n] + a2 * w[v + 2n] + a3 * w[v + 3n]}. */
  private static void four(
      float a0,
      float a1,
      float a2,
      float a3,
      float[] w,
      int o0,
      int o1,
      int o2,
      int o3,
      float[] y,
      int n) {
    for (int v = 0; v < n; v++) {
      y[v] =
          Math.fma(
              a3,
              w[o3 + v],
              Math.fma(a2, w[o2 + v], Math.fma(a1, w[o1 + v], Math.fma(a0, w[o0 + v], y[v]))));
    }
  }

  private static void one(float a, float[] w, int o, float[] y, int n) {
    for (int v = 0; v < n; v++) {
      y[v] = Math.fma(a, w[o + v], y[v]);
    }
  }

  @Override
  public void gather(
      int rows,
      int vectors,
      float[] w,
      int wo,
      int[] table,
      int from,
      int to,
      float[] x,
      int xo,
      float[] s,
      int so,
      int ss,
      float[] y,
      int yo,
      int ys) {
    int n = vectors * LANES;
    float[] acc = new float[n];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(s, so + r * ss, acc, 0, n);
      int t = from;
      int q = wo;
      for (; t + 4 <= to; t += 4, q += 4 * n) {
        int o = xo + r;
        four(
            x[o + table[t]],
            x[o + table[t + 1]],
            x[o + table[t + 2]],
            x[o + table[t + 3]],
            w,
            q,
            q + n,
            q + 2 * n,
            q + 3 * n,
            acc,
            n);
      }
      for (; t < to; t++, q += n) {
        one(x[xo + table[t] + r], w, q, acc, n);
      }
      System.arraycopy(acc, 0, y, yo + r * ys, n);
    }
  }

  @Override
  public void narrow(
      int rows,
      int vectors,
      float[] x,
      int xo,
      int xs,
      int[] table,
      int first,
      float[] dy,
      int yo,
      int ys,
      int n,
      float[] dw,
      int wo,
      int ws) {
    int width = vectors * LANES;
    float[] acc = new float[width];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(dw, wo + r * ws, acc, 0, width);
      int o = xo + table[first + r];
      int i = 0;
      int q = yo;
      for (; i + 4 <= n; i += 4, o += 4 * xs, q += 4 * ys) {
        four(
            x[o],
            x[o + xs],
            x[o + 2 * xs],
            x[o + 3 * xs],
            dy,
            q,
            q + ys,
            q + 2 * ys,
            q + 3 * ys,
            acc,
            width);
      }
      for (; i < n; i++, o += xs, q += ys) {
        one(x[o], dy, q, acc, width);
      }
      System.arraycopy(acc, 0, dw, wo + r * ws, width);
    }
  }
}
