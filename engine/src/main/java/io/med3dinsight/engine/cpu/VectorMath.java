package io.med3dinsight.engine.cpu;

/**
 * Functions over arrays, {@code n} elements from the given offsets. Input and output may be the
 * same place.
 */
public interface VectorMath {
  void exp(float[] x, int xo, float[] y, int yo, int n);

  void log(float[] x, int xo, float[] y, int yo, int n);

  void tanh(float[] x, int xo, float[] y, int yo, int n);

  void erf(float[] x, int xo, float[] y, int yo, int n);

  void sigmoid(float[] x, int xo, float[] y, int yo, int n);

  /** GELU, with the error function or its approximation by tanh. */
  void gelu(boolean tanh, float[] x, int xo, float[] y, int yo, int n);

  /** {@code y = g * gelu'(x)}. */
  void geluGradient(boolean tanh, float[] x, int xo, float[] g, int go, float[] y, int yo, int n);

  /** The largest element; NaN where one is NaN; minus infinity of none. */
  float max(float[] x, int xo, int n);

  float sum(float[] x, int xo, int n);

  float dot(float[] x, int xo, float[] y, int yo, int n);

  /** {@code sum (x - mean)^2}. */
  float squares(float[] x, int xo, float mean, int n);

  /**
   * {@code y = exp(x - shift)}; returns the sum of {@code y}.
   *
   * @param shift at least x, but for rounding; where it is NaN or infinite, y may be 0
   */
  float expSum(float[] x, int xo, float shift, float[] y, int yo, int n);

  /** {@code y = s x + t}. */
  void affine(float[] x, int xo, float s, float t, float[] y, int yo, int n);

  /** {@code y += s x}. */
  void axpy(float s, float[] x, int xo, float[] y, int yo, int n);

  /** {@code y = p (g - s)}: the gradient of softmax with output p. */
  void softmaxGradient(float[] p, int po, float[] g, int go, float s, float[] y, int yo, int n);

  /** {@code y = gamma (x - mean) / std + beta}, given 1 / std. */
  void normalize(
      float[] x,
      int xo,
      float mean,
      float inverseStd,
      float[] gamma,
      int gammao,
      float[] beta,
      int betao,
      float[] y,
      int yo,
      int n);

  /**
   * Gradient of {@link #normalize} over one row, {@code dx = (g gamma - a - xhat b) / std} with a
   * and b the means of {@code g gamma} and {@code g gamma xhat}; {@code dgamma += g xhat}, {@code
   * dbeta += g}.
   */
  void normalizeGradient(
      float[] x,
      int xo,
      float mean,
      float inverseStd,
      float[] gamma,
      int gammao,
      float[] g,
      int go,
      float[] dx,
      int dxo,
      float[] dgamma,
      int dgammao,
      float[] dbeta,
      int dbetao,
      int n);
}
