package io.med3dinsight.engine.cpu.simd;

import static io.med3dinsight.engine.cpu.simd.SimdFunctions.S;

import io.med3dinsight.engine.cpu.FloatMath;
import io.med3dinsight.engine.cpu.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link VectorMath} on the Vector API; what is left over after whole vectors is done one by one.
 */
final class SimdMath implements VectorMath {
  private static final int VL = S.length();

  @Override
  public void exp(float[] x, int xo, float[] y, int yo, int n) {
    SimdElementwise.exp(x, xo, y, yo, n);
  }

  @Override
  public void log(float[] x, int xo, float[] y, int yo, int n) {
    SimdElementwise.log(x, xo, y, yo, n);
  }

  @Override
  public void tanh(float[] x, int xo, float[] y, int yo, int n) {
    SimdElementwise.tanh(x, xo, y, yo, n);
  }

  @Override
  public void erf(float[] x, int xo, float[] y, int yo, int n) {
    SimdElementwise.erf(x, xo, y, yo, n);
  }

  @Override
  public void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
    SimdElementwise.sigmoid(x, xo, y, yo, n);
  }

  @Override
  public void gelu(boolean tanh, float[] x, int xo, float[] y, int yo, int n) {
    if (tanh) {
      SimdElementwise.geluTanh(x, xo, y, yo, n);
    } else {
      SimdElementwise.gelu(x, xo, y, yo, n);
    }
  }

  @Override
  public void geluGradient(
      boolean tanh, float[] x, int xo, float[] g, int go, float[] y, int yo, int n) {
    if (tanh) {
      SimdElementwise.geluTanhGradient(x, xo, g, go, y, yo, n);
    } else {
      SimdElementwise.geluGradient(x, xo, g, go, y, yo, n);
    }
  }

  @Override
  public float max(float[] x, int xo, int n) {
    int i = 0;
    float m = Float.NEGATIVE_INFINITY;
    if (n >= VL) {
      FloatVector a = FloatVector.fromArray(S, x, xo);
      FloatVector b = a;
      for (i = VL; i <= n - 2 * VL; i += 2 * VL) {
        a = a.max(FloatVector.fromArray(S, x, xo + i));
        b = b.max(FloatVector.fromArray(S, x, xo + i + VL));
      }
      m = a.max(b).reduceLanes(VectorOperators.MAX);
    }
    for (; i < n; i++) {
      m = Math.max(m, x[xo + i]);
    }
    return m;
  }

  @Override
  public float sum(float[] x, int xo, int n) {
    FloatVector a = FloatVector.zero(S);
    FloatVector b = FloatVector.zero(S);
    FloatVector c = FloatVector.zero(S);
    FloatVector d = FloatVector.zero(S);
    int i = 0;
    for (; i <= n - 4 * VL; i += 4 * VL) {
      a = a.add(FloatVector.fromArray(S, x, xo + i));
      b = b.add(FloatVector.fromArray(S, x, xo + i + VL));
      c = c.add(FloatVector.fromArray(S, x, xo + i + 2 * VL));
      d = d.add(FloatVector.fromArray(S, x, xo + i + 3 * VL));
    }
    for (; i <= n - VL; i += VL) {
      a = a.add(FloatVector.fromArray(S, x, xo + i));
    }
    float s = SimdFunctions.sum(a.add(b).add(c.add(d)));
    for (; i < n; i++) {
      s += x[xo + i];
    }
    return s;
  }

  @Override
  public float dot(float[] x, int xo, float[] y, int yo, int n) {
    FloatVector a = FloatVector.zero(S);
    FloatVector b = FloatVector.zero(S);
    FloatVector c = FloatVector.zero(S);
    FloatVector d = FloatVector.zero(S);
    int i = 0;
    for (; i <= n - 4 * VL; i += 4 * VL) {
      a = FloatVector.fromArray(S, x, xo + i).fma(FloatVector.fromArray(S, y, yo + i), a);
      b = FloatVector.fromArray(S, x, xo + i + VL).fma(FloatVector.fromArray(S, y, yo + i + VL), b);
      c =
          FloatVector.fromArray(S, x, xo + i + 2 * VL)
              .fma(FloatVector.fromArray(S, y, yo + i + 2 * VL), c);
      d =
          FloatVector.fromArray(S, x, xo + i + 3 * VL)
              .fma(FloatVector.fromArray(S, y, yo + i + 3 * VL), d);
    }
    for (; i <= n - VL; i += VL) {
      a = FloatVector.fromArray(S, x, xo + i).fma(FloatVector.fromArray(S, y, yo + i), a);
    }
    float s = SimdFunctions.sum(a.add(b).add(c.add(d)));
    for (; i < n; i++) {
      s = Math.fma(x[xo + i], y[yo + i], s);
    }
    return s;
  }

  @Override
  public float squares(float[] x, int xo, float mean, int n) {
    FloatVector a = FloatVector.zero(S);
    FloatVector b = FloatVector.zero(S);
    int i = 0;
    for (; i <= n - 2 * VL; i += 2 * VL) {
      FloatVector u = FloatVector.fromArray(S, x, xo + i).sub(mean);
      FloatVector v = FloatVector.fromArray(S, x, xo + i + VL).sub(mean);
      a = u.fma(u, a);
      b = v.fma(v, b);
    }
    float s = SimdFunctions.sum(a.add(b));
    for (; i < n; i++) {
      float u = x[xo + i] - mean;
      s = Math.fma(u, u, s);
    }
    return s;
  }

  @Override
  public float expSum(float[] x, int xo, float shift, float[] y, int yo, int n) {
    FloatVector a = FloatVector.zero(S);
    int whole = S.loopBound(n);
    FloatVector limit = FloatVector.broadcast(S, shift);
    for (int i = 0; i < whole; i += VL) {
      // SimdFunctions.expNegated, written out: where a call is not inlined, vectors become objects.
      FloatVector t = limit.sub(FloatVector.fromArray(S, x, xo + i));
      FloatVector z =
          t.reinterpretAsInts()
              .lanewise(VectorOperators.MIN, SimdFunctions.EXP_LIMIT_BITS)
              .lanewise(VectorOperators.XOR, 0x80000000)
              .reinterpretAsFloats();
      FloatVector shifted =
          z.fma(
              FloatVector.broadcast(S, FloatMath.LOG2_E),
              FloatVector.broadcast(S, FloatMath.ROUND));
      FloatVector k = shifted.sub(FloatMath.ROUND);
      FloatVector r =
          k.fma(
              FloatVector.broadcast(S, -FloatMath.LN2_LOW),
              k.fma(FloatVector.broadcast(S, -FloatMath.LN2_HIGH), z));
      FloatVector q =
          FloatVector.broadcast(S, FloatMath.E4)
              .fma(r, FloatVector.broadcast(S, FloatMath.E3))
              .fma(r, FloatVector.broadcast(S, FloatMath.E2))
              .fma(r, FloatVector.broadcast(S, FloatMath.E1))
              .fma(r, FloatVector.broadcast(S, FloatMath.E0));
      FloatVector power =
          shifted
              .reinterpretAsInts()
              .lanewise(VectorOperators.LSHL, 23)
              .add((127 + 64) << 23)
              .reinterpretAsFloats();
      FloatVector e = q.mul(r).fma(r, r).add(1f).mul(power).mul(0x1p-64f);
      e.intoArray(y, yo + i);
      a = a.add(e);
    }
    float s = SimdFunctions.sum(a);
    for (int i = whole; i < n; i++) {
      float e = FloatMath.exp(x[xo + i] - shift);
      y[yo + i] = e;
      s += e;
    }
    return s;
  }

  @Override
  public void affine(float[] x, int xo, float s, float t, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    FloatVector u = FloatVector.broadcast(S, s);
    FloatVector v = FloatVector.broadcast(S, t);
    for (int i = 0; i < whole; i += VL) {
      FloatVector.fromArray(S, x, xo + i).fma(u, v).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = Math.fma(x[xo + i], s, t);
    }
  }

  @Override
  public void axpy(float s, float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    FloatVector u = FloatVector.broadcast(S, s);
    for (int i = 0; i < whole; i += VL) {
      FloatVector.fromArray(S, x, xo + i)
          .fma(u, FloatVector.fromArray(S, y, yo + i))
          .intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = Math.fma(x[xo + i], s, y[yo + i]);
    }
  }

  @Override
  public void softmaxGradient(
      float[] p, int po, float[] g, int go, float s, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      FloatVector d = FloatVector.fromArray(S, g, go + i).sub(s);
      FloatVector.fromArray(S, p, po + i).mul(d).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
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
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      FloatVector h = FloatVector.fromArray(S, x, xo + i).sub(mean).mul(inverseStd);
      h.fma(FloatVector.fromArray(S, gamma, gammao + i), FloatVector.fromArray(S, beta, betao + i))
          .intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
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
    FloatVector a = FloatVector.zero(S);
    FloatVector b = FloatVector.zero(S);
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      FloatVector h = FloatVector.fromArray(S, x, xo + i).sub(mean).mul(inverseStd);
      FloatVector v = FloatVector.fromArray(S, g, go + i);
      FloatVector u = v.mul(FloatVector.fromArray(S, gamma, gammao + i));
      a = a.add(u);
      b = u.fma(h, b);
      v.fma(h, FloatVector.fromArray(S, dgamma, dgammao + i)).intoArray(dgamma, dgammao + i);
      v.add(FloatVector.fromArray(S, dbeta, dbetao + i)).intoArray(dbeta, dbetao + i);
    }
    float sa = SimdFunctions.sum(a);
    float sb = SimdFunctions.sum(b);
    for (int i = whole; i < n; i++) {
      float h = (x[xo + i] - mean) * inverseStd;
      float v = g[go + i];
      float u = v * gamma[gammao + i];
      sa += u;
      sb = Math.fma(u, h, sb);
      dgamma[dgammao + i] = Math.fma(v, h, dgamma[dgammao + i]);
      dbeta[dbetao + i] += v;
    }
    center(x, xo, mean, inverseStd, gamma, gammao, g, go, dx, dxo, sa / n, sb / n, n);
  }

  private static void center(
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
      float a,
      float b,
      int n) {
    int whole = S.loopBound(n);
    FloatVector va = FloatVector.broadcast(S, a);
    for (int i = 0; i < whole; i += VL) {
      FloatVector h = FloatVector.fromArray(S, x, xo + i).sub(mean).mul(inverseStd);
      FloatVector u =
          FloatVector.fromArray(S, g, go + i).mul(FloatVector.fromArray(S, gamma, gammao + i));
      u.sub(h.fma(FloatVector.broadcast(S, b), va)).mul(inverseStd).intoArray(dx, dxo + i);
    }
    for (int i = whole; i < n; i++) {
      float h = (x[xo + i] - mean) * inverseStd;
      dx[dxo + i] = inverseStd * (g[go + i] * gamma[gammao + i] - Math.fma(h, b, a));
    }
  }
}
