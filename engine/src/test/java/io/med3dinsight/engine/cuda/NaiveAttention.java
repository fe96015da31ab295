package io.med3dinsight.engine.cuda;

import java.util.function.DoubleUnaryOperator;

/**
 * Attention and its gradient as the formulas say, all scores in memory; every matrix that the naive
 * computation would store is rounded by {@code store}.
 */
final class NaiveAttention {
  final double[] y;
  final double[] logSum;
  final double[] dq;
  final double[] dk;
  final double[] dv;
  final double[] dbias;
  private final AttentionProblem a;
  private final DoubleUnaryOperator store;
  private final double[] q;
  private final double[] k;
  private final double[] v;
  private final double[] g;

  NaiveAttention(AttentionProblem a, DoubleUnaryOperator store) {
    this.a = a;
    this.store = store;
    q = map(a.q, store);
    k = map(a.k, store);
    v = map(a.v, store);
    g = map(a.g, store);
    y = new double[a.g.length];
    logSum = new double[a.heads() * a.t()];
    dq = new double[a.q.length];
    dk = new double[a.k.length];
    dv = new double[a.v.length];
    dbias = a.bias == null ? null : new double[a.bias.length];
    for (int h = 0; h < a.heads(); h++) {
      head(h);
    }
    for (double[] x : new double[][] {dq, dk, dv}) {
      System.arraycopy(map(x, store), 0, x, 0, x.length);
    }
  }

  private static double[] map(float[] x, DoubleUnaryOperator f) {
    double[] r = new double[x.length];
    for (int i = 0; i < r.length; i++) {
      r[i] = f.applyAsDouble(x[i]);
    }
    return r;
  }

  private static double[] map(double[] x, DoubleUnaryOperator f) {
    double[] r = new double[x.length];
    for (int i = 0; i < r.length; i++) {
      r[i] = f.applyAsDouble(x[i]);
    }
    return r;
  }

  private void head(int h) {
    for (int i = 0; i < a.t(); i++) {
      double[] p = weights(h, i);
      int row = h * a.t() + i;
      double[] dp = new double[a.s()];
      double dot = 0;
      for (int j = 0; j < a.s(); j++) {
        for (int c = 0; c < a.dv(); c++) {
          int at = (h * a.s() + j) * a.dv() + c;
          y[row * a.dv() + c] += p[j] * v[at];
          dp[j] += g[row * a.dv() + c] * v[at];
          dv[at] += p[j] * g[row * a.dv() + c];
        }
        dp[j] = store.applyAsDouble(dp[j]);
        dot += p[j] * dp[j];
      }
      for (int j = 0; j < a.s(); j++) {
        double ds = store.applyAsDouble(p[j] * (dp[j] - dot));
        for (int c = 0; c < a.d(); c++) {
          dq[row * a.d() + c] += a.scale() * ds * k[(h * a.s() + j) * a.d() + c];
          dk[(h * a.s() + j) * a.d() + c] += a.scale() * ds * q[row * a.d() + c];
        }
        if (dbias != null) {
          dbias[a.biasAt(h, i, j)] += ds;
        }
      }
      for (int c = 0; c < a.dv(); c++) {
        y[row * a.dv() + c] = store.applyAsDouble(y[row * a.dv() + c]);
      }
    }
  }

  private double[] weights(int h, int i) {
    double[] s = new double[a.s()];
    double top = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < a.s(); j++) {
      for (int c = 0; c < a.d(); c++) {
        s[j] += q[(h * a.t() + i) * a.d() + c] * k[(h * a.s() + j) * a.d() + c];
      }
      s[j] = store.applyAsDouble(a.scale() * store.applyAsDouble(s[j]));
      s[j] = a.bias == null ? s[j] : store.applyAsDouble(s[j] + a.bias[a.biasAt(h, i, j)]);
      s[j] = a.sees(h, i, j) ? s[j] : Double.NEGATIVE_INFINITY;
      top = Math.max(top, s[j]);
    }
    double sum = 0;
    for (int j = 0; j < a.s(); j++) {
      s[j] = top == Double.NEGATIVE_INFINITY ? 0 : Math.exp(s[j] - top);
      sum += s[j];
    }
    logSum[h * a.t() + i] = sum == 0 ? Double.POSITIVE_INFINITY : top + Math.log(sum);
    for (int j = 0; j < a.s(); j++) {
      s[j] = sum == 0 ? 0 : store.applyAsDouble(s[j] / sum);
    }
    return s;
  }
}
