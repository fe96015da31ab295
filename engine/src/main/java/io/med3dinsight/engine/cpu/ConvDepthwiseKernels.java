package io.med3dinsight.engine.cpu;

/** Register tiles of the depthwise convolution: positions, or taps, by one vector of channels. */
public interface ConvDepthwiseKernels {
  /** Channels in one vector. */
  int lanes();

  /** Largest number of rows. */
  int maxRows();

  /** Largest number of rows at most {@code rows} for which there is a tile. */
  int rows(int rows);

  /** Taps of a tile of the weight gradient. */
  int tapRows();

  /**
   * {@code y[r,v] = b[bo + v] + sum over t of x[xo + table[t] + r * xs + v] * w[wo + t * ws + v]};
   * rows of y are {@code ys} apart.
   */
  void gather(
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
      int ys);

  /**
   * {@code dw[t,v] += sum over i in [0,n) of x[xo + table[first + t] + i * xs + v] * dy[yo + i * ys
   * + v]} for {@code tapRows()} taps; rows of dw are {@code ws} apart.
   */
  void weight(
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
      int ws);
}
