package io.med3dinsight.engine.cpu;

/** {@link VectorMath} in plain loops. */
final class ScalarMath implements VectorMath {
  @Override
  public void exp(float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = FloatMath.exp(x[xo + i]);
    }
  }

  @Override
  public void log(float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = FloatMath.log(x[xo + i]);
    }
  }

  @Override
  public void tanh(float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = FloatMath.tanh(x[xo + i]);
    }
  }

  @Override
  public void erf(float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = FloatMath.erf(x[xo + i]);
    }
  }

  @Override
  public void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = FloatMath.sigmoid(x[xo + i]);
    }
  }

  @Override
  public void gelu(boolean tanh, float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      float v = x[xo + i];
      y[yo + i] = tanh ? FloatMath.geluTanh(v) : FloatMath.gelu(v);
    }
  }

  @Override
  public void geluGradient(
      boolean tanh, float[] x, int xo, float[] g, int go, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      float v = x[xo + i];
      y[yo + i] =
          g[go + i] * (tanh ? FloatMath.geluTanhDerivative(v) : FloatMath.geluDerivative(v));
    }
  }

  @Override
  public float max(float[] x, int xo, int n) {
    float m = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      m = Math.max(m, x[xo + i]);
    }
    return m;
  }

  @Override
  public float sum(float[] x, int xo, int n) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      s0 += x[xo + i];
      s1 += x[xo + i + 1];
      s2 += x[xo + i + 2];
      s3 += x[xo + i + 3];
    }
    for (; i < n; i++) {
      s0 += x[xo + i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  @Override
  public float dot(float[] x, int xo, float[] y, int yo, int n) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      s0 = Math.fma(x[xo + i], y[yo + i], s0);
      s1 = Math.fma(x[xo + i + 1], y[yo + i + 1], s1);
      s2 = Math.fma(x[xo + i + 2], y[yo + i + 2], s2);
      s3 = Math.fma(x[xo + i + 3], y[yo + i + 3], s3);
    }
    for (; i < n; i++) {
      s0 = Math.fma(x[xo + i], y[yo + i], s0);
    }
    return (s0 + s1) + (s2 + s3);
  }

  @Override
  public float squares(float[] x, int xo, float mean, int n) {
    float s0 = 0;
    float s1 = 0;
    int i = 0;
    for (; i + 2 <= n; i += 2) {
      float d = x[xo + i] - mean;
      float e = x[xo + i + 1] - mean;
      s0 = Math.fma(d, d, s0);
      s1 = Math.fma(e, e, s1);
    }
    if (i < n) {
      float d = x[xo + i] - mean;
      s0 = Math.fma(d, d, s0);
    }
    return s0 + s1;
  }

  @Override
  public float expSum(float[] x, int xo, float shift, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = FloatMath.exp(x[xo + i] - shift);
    }
    return sum(y, yo, n);
  }

  @Override
  public void affine(float[] x, int xo, float s, float t, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = Math.fma(x[xo + i], s, t);
    }
  }

  @Override
  public void axpy(float s, float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = Math.fma(x[xo + i], s, y[yo + i]);
    }
  }

  @Override
  public void softmaxGradient(
      float[] p, int po, float[] g, int go, float s, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = p[po + i] * (g[go + i] - s);
    }
  }

  @Override
  public void normalize(
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
      int n) {
    for (int i = 0; i < n; i++) {
      y[yo + i] = Math.fma((x[xo + i] - mean) * inverseStd, gamma[gammao + i], beta[betao + i]);
    }
  }

  @Override
  public void normalizeGradient(
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
      int n) {
    float a = 0;
    float b = 0;
    for (int i = 0; i < n; i++) {
      float h = (x[xo + i] - mean) * inverseStd;
      float u = g[go + i] * gamma[gammao + i];
      a += u;
      b = Math.fma(u, h, b);
      dgamma[dgammao + i] = Math.fma(g[go + i], h, dgamma[dgammao + i]);
      dbeta[dbetao + i] += g[go + i];
    }
    a /= n;
    b /= n;
    for (int i = 0; i < n; i++) {
      float h = (x[xo + i] - mean) * inverseStd;
      dx[dxo + i] = inverseStd * (g[go + i] * gamma[gammao + i] - Math.fma(h, b, a));
    }
  }
}
