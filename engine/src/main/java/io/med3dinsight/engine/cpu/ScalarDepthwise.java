package io.med3dinsight.engine.cpu;

/** Depthwise tiles as plain loops over the channels. */
final class ScalarDepthwise implements ConvDepthwiseKernels {
  private static final int LANES = 16;

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public int maxRows() {
    return 1;
  }

  @Override
  public int rows(int rows) {
    return 1;
  }

  @Override
  public int tapRows() {
    return 1;
  }

  @Override
  public void gather(
      int rows,
      float[] w,
      int wo,
      int ws,
      int[] table,
      float[] x,
      int xo,
      int xs,
      float[] b,
      int bo,
      float[] y,
      int yo,
      int ys) {
    float[] acc = new float[LANES];
    System.arraycopy(b, bo, acc, 0, LANES);
    for (int t = 0; t < table.length; t++) {
      add(x, xo + table[t], w, wo + t * ws, acc);
    }
    System.arraycopy(acc, 0, y, yo, LANES);
  }

  private static void add(float[] x, int xo, float[] w, int wo, float[] acc) {
    for (int v = 0; v < LANES; v++) {
      acc[v] = Math.fma(x[xo + v], w[wo + v], acc[v]);
    }
  }

  @Override
  public void weight(
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
    float[] acc = new float[LANES];
    System.arraycopy(dw, wo, acc, 0, LANES);
    int o = xo + table[first];
    for (int i = 0; i < n; i++) {
      add(x, o + i * xs, dy, yo + i * ys, acc);
    }
    System.arraycopy(acc, 0, dw, wo, LANES);
  }
}
