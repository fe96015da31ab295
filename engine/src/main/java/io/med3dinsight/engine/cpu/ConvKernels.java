package io.med3dinsight.engine.cpu;

/**
 * Register tiles of the convolution. A tile is {@code rows} positions (or input channels) by {@code
 * vectors * lanes()} output channels; its sums are kept in registers over one loop.
 */
public interface ConvKernels {
  /** Output channels in one vector. */
  int lanes();

  /** Largest number of rows for a tile of 1 or 2 vectors. */
  int maxRows(int vectors);

  /** Smallest number of rows at least {@code rows} for which {@link #gather} has a tile. */
  int gatherRows(int rows, int vectors);

  /**
   * Smallest number of rows at least {@code rows}, or the largest there is, for which {@link
   * #narrow} has a tile.
   */
  int narrowRows(int rows, int vectors);

  /**
   * {@code y[r,v] = s[r,v] + sum over t in [from,to) of x[xo + table[t] + r] * w[wo + (t - from) *
   * vectors * lanes + v]}; rows of s and y are {@code ss} and {@code ys} apart.
   */
  void gather(
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
      int ys);

  /**
   * {@code dw[r,v] += sum over i in [0,n) of x[xo + table[first + r] + i * xs] * dy[yo + i * ys +
   * v]}; rows of dw are {@code ws} apart.
   */
  void narrow(
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
      int ws);
}
