package io.med3dinsight.engine.testing;

import java.util.Arrays;

/**
 * Entropic partial transport in double precision by plain block coordinate ascent in the log
 * domain, as naive as can be: nothing is shared with the engine's solver.
 */
public final class TransportReference {
  private TransportReference() {}

  /** Log plan [P,B1,B2] with uniform marginals. */
  public static Nd logPlan(Nd cost, double epsilon, double mass) {
    int n = cost.dim(1);
    int m = cost.dim(2);
    double[] a = new double[n];
    double[] b = new double[m];
    Arrays.fill(a, 1.0 / n);
    Arrays.fill(b, 1.0 / m);
    return logPlan(cost, a, b, epsilon, mass);
  }

  /** Log plan [P,B1,B2], the same marginals for every problem. */
  public static Nd logPlan(Nd cost, double[] a, double[] b, double epsilon, double mass) {
    Nd out = new Nd(cost.shape, new double[cost.data.length]);
    int size = a.length * b.length;
    for (int p = 0; p < cost.dim(0); p++) {
      double[] x = new double[size];
      for (int i = 0; i < size; i++) {
        x[i] = -cost.data[p * size + i] / epsilon;
      }
      System.arraycopy(ascend(x, a, b, mass), 0, out.data, p * size, size);
    }
    return out;
  }

  private static double[] ascend(double[] x, double[] a, double[] b, double mass) {
    int n = a.length;
    int m = b.length;
    boolean rowsHeld = mass > Arrays.stream(a).sum() - 1e-9;
    boolean columnsHeld = mass > Arrays.stream(b).sum() - 1e-9;
    double[] f = new double[n];
    double[] g = new double[m];
    double c = 0;
    double change = 1;
    for (int it = 0; it < 200_000 && change > 1e-15; it++) {
      change = 0;
      for (int i = 0; i < n; i++) {
        double[] z = new double[m];
        for (int j = 0; j < m; j++) {
          z[j] = x[i * m + j] + g[j] + c;
        }
        double next = Math.log(a[i]) - logSum(z);
        next = rowsHeld ? next : Math.min(0, next);
        change = Math.max(change, Math.abs(next - f[i]));
        f[i] = next;
      }
      for (int j = 0; j < m; j++) {
        double[] z = new double[n];
        for (int i = 0; i < n; i++) {
          z[i] = x[i * m + j] + f[i] + c;
        }
        double next = Math.log(b[j]) - logSum(z);
        next = columnsHeld ? next : Math.min(0, next);
        change = Math.max(change, Math.abs(next - g[j]));
        g[j] = next;
      }
      if (!rowsHeld && !columnsHeld) {
        double next = Math.log(mass) - logSum(add(x, f, g, 0));
        change = Math.max(change, Math.abs(next - c));
        c = next;
      }
    }
    return add(x, f, g, c);
  }

  private static double[] add(double[] x, double[] f, double[] g, double c) {
    double[] z = new double[x.length];
    for (int i = 0; i < z.length; i++) {
      z[i] = x[i] + f[i / g.length] + g[i % g.length] + c;
    }
    return z;
  }

  private static double logSum(double[] z) {
    double top = Arrays.stream(z).max().orElseThrow();
    double s = 0;
    for (double q : z) {
      s += Math.exp(q - top);
    }
    return top + Math.log(s);
  }
}
