package io.med3dinsight.engine.cpu;

/**
 * Inner loops of the normalisations over channels-last data. All work on {@code rows} rows of
 * {@code width} neighbours, where the width is a multiple of the number of channels: per-channel
 * values are written out periodically to that width, so that loops run along contiguous memory for
 * any number of channels, one included.
 */
public interface NormKernels {
  /** {@code sum[j] += sum over r of x[r,j]}. */
  void sums(float[] x, int xo, int rows, int width, float[] sum);

  /**
   * With {@code d = x[r,j] - shift[j]}: {@code sum[j] += d}, {@code squares[j] += d^2}, over all
   * rows.
   */
  void moments(float[] x, int xo, int rows, int width, float[] shift, float[] sum, float[] squares);

  /**
   * {@code y = leaky(z)}, {@code z = (x - mean) * scale + bias}; the map's arrays are read from
   * {@code map.at}.
   */
  void apply(float[] x, int xo, float[] y, int yo, int rows, int width, Affine map);

  /**
   * With {@code dz = dy * leaky'(z)}: {@code sum[j] += dz} and {@code moment[j] += dz * (x -
   * mean)}, over all rows.
   */
  void gradientSums(
      float[] x,
      int xo,
      float[] dy,
      int go,
      int rows,
      int width,
      Affine map,
      float[] sum,
      float[] moment);

  /**
   * {@code dx = dz * scale + (x - mean) * linear + constant}, {@code dz} as in {@link
   * #gradientSums}.
   */
  void gradient(
      float[] x, int xo, float[] dy, int go, float[] dx, int dxo, int rows, int width, Affine map);

  /**
   * Per-channel coefficients, written out to the width of a row, one row after the other for each
   * instance.
   *
   * @param at where this instance's coefficients start in each array
   * @param leak the leaky ReLU's slope for negative values: 1 for the identity, 0 for ReLU
   * @param linear coefficient of {@code x - mean} in the gradient; null in the forward pass
   * @param constant constant term of the gradient; null in the forward pass
   */
  record Affine(
      int at,
      float leak,
      float[] mean,
      float[] scale,
      float[] bias,
      float[] linear,
      float[] constant) {}
}
