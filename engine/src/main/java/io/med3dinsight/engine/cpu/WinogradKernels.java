package io.med3dinsight.engine.cpu;

/**
 * Row transforms of the minimal filtering algorithm F(4,3) (Winograd 1980; Lavin and Gray 2016,
 * arXiv 1509.09308, with points 0, 1, -1, 2, -2 and infinity): four outputs of a filter with three
 * taps from six products instead of twelve, {@code y = A^T [(G w) * (B^T x)]}. Each element of a
 * row is transformed alone, so a "value" here is a row.
 */
public interface WinogradKernels {
  /** Rows that come out together. */
  int OUT = 4;

  /** Rows that go in together, and products. */
  int IN = 6;

  /**
   * {@code B^T}: of the six rows of n elements at {@code at[0..5]}, six rows that start {@code
   * step} apart.
   */
  void input(float[] x, int[] at, float[] v, int vo, int step, int n);

  /**
   * {@code A^T}: of six rows of products, {@code step} apart, up to four rows of outputs.
   *
   * @param width elements of a position in the products
   * @param n positions
   * @param valid elements of a position that are written
   * @param at where output rows start; as many as its length
   * @param ys distance of positions in the outputs
   */
  void output(
      float[] m, int mo, int step, int width, int n, int valid, float[] y, int[] at, int ys);

  /**
   * {@code A}: of the four rows of an output's gradient at {@code at[0..3]}, six rows {@code step}
   * apart.
   *
   * @param gs distance of positions in the gradient
   * @param valid elements of a position that are read; up to {@code width} zeros follow
   * @param n positions
   * @param width elements of a position in the result
   */
  void gradient(
      float[] g, int[] at, int gs, int valid, int n, float[] e, int eo, int step, int width);
}
