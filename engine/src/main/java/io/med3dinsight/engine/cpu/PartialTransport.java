package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Solves one entropic partial transport problem in double precision:
 *
 * <pre>
 * P = argmin <P,C> + eps * sum P log P   s.t.  P1 <= a, P^T 1 <= b, 1^T P 1 = m, P >= 0
 * P_ij = exp(-C_ij/eps + f_i + g_j + c),  f <= 0, g <= 0
 * </pre>
 *
 * <p>Block coordinate ascent on the dual {@code D = a.f + b.g + m c - sum P} (rows, columns, mass),
 * rows with mass and columns with mass in turn, each block to its maximum. The sweeps run on {@code
 * K = exp(-C/eps + alpha + beta + gamma)} with multipliers u, v, w, two matrix-vector products each
 * and no exponential; multipliers that leave [1e-50, 1e50] are absorbed into alpha, beta, gamma,
 * which keeps the range of the log domain. Where sweeps converge slowly, projected Newton steps on
 * the active potentials alternate with them; a step is taken only when the dual does not fall, and
 * every sweep raises it, so that the two together converge from anywhere.
 *
 * <p>A mass equal to the sum of a marginal turns that side's bounds into equations: its potentials
 * are unbounded then, and the mass equation is redundant.
 */
public final class PartialTransport {
  private static final double ABSORB = 1e50;
  private static final double LIMIT = 1e150;

  /** Sweeps that cost about as much as one Newton step. */
  private static final int NEWTON_WORTH = 24;

  /** Violation that rounding alone leaves. */
  private static final double ROUNDING = 1e-13;

  /**
   * Range of cost / epsilon from which on epsilon is lowered in steps of a factor, with a bound on
   * the sweeps of each.
   */
  private static final double WIDE = 200;

  private static final double COOLING = 4;
  private static final int COOLING_SWEEPS = 60;

  private static final int FIRST_NEWTON = 8;

  private final int n;
  private final int m;
  private final double[] x;
  final double[] k;
  final double[] kt;
  final double[] u;
  final double[] v;
  final double[] s;
  final double[] t;
  final double[] capU;
  final double[] capV;
  private final double[] alpha;
  private final double[] beta;
  private final TransportNewton newton;
  double[] a;
  double[] b;
  double mass;
  private double gamma;
  double w;
  private boolean rowsFree;
  private boolean columnsFree;
  private int iterations;
  private int newtonSteps;
  private double violation;

  /** Room for problems of n x m. */
  public PartialTransport(int n, int m) {
    this.n = n;
    this.m = m;
    x = new double[n * m];
    k = new double[n * m];
    kt = new double[n * m];
    u = new double[n];
    v = new double[m];
    s = new double[n];
    t = new double[m];
    capU = new double[n];
    capV = new double[m];
    alpha = new double[n];
    beta = new double[m];
    newton = new TransportNewton(this, n, m);
  }

  /**
   * Solves to {@code tolerance}, an estimate of the remaining relative error of the row sums, or
   * until {@code maxIterations} sweeps and Newton steps are spent.
   *
   * @param cost array that holds C [n,m] from {@code offset}
   */
  public void solve(
      float[] cost,
      int offset,
      double[] rowMarginal,
      double[] columnMarginal,
      double totalMass,
      double epsilon,
      int maxIterations,
      double tolerance) {
    for (int i = 0; i < n * m; i++) {
      x[i] = -cost[offset + i] / epsilon;
    }
    double sumA = DoubleRows.sum(rowMarginal, 0, n);
    double sumB = DoubleRows.sum(columnMarginal, 0, m);
    mass = totalMass;
    rowsFree = totalMass >= sumA * (1 - 1e-6);
    columnsFree = totalMass >= sumB * (1 - 1e-6);
    a = scaled(rowMarginal, rowsFree ? totalMass / sumA : 1);
    b = scaled(columnMarginal, columnsFree ? totalMass / sumB : 1);
    iterations = 0;
    newtonSteps = 0;
    start();
    cool(maxIterations);
    ascend(maxIterations, tolerance);
    finish();
  }

  /**
   * Costs that span far more than epsilon are approached from above: solutions for larger epsilon,
   * roughly, each the start of the next, since ascent from afar crosses plateaus where the plan
   * does not react.
   */
  private void cool(int maxIterations) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double q : x) {
      low = Math.min(low, q);
      high = Math.max(high, q);
    }
    double heat = 1;
    while ((high - low) / heat > WIDE) {
      heat *= COOLING;
    }
    scale(1 / heat);
    for (; heat > 1; heat /= COOLING) {
      kernel();
      ascend(Math.min(maxIterations, iterations + COOLING_SWEEPS), 1e-3);
      absorb();
      scale(COOLING);
    }
    kernel();
  }

  private void scale(double factor) {
    if (factor != 1) {
      for (int i = 0; i < n * m; i++) {
        x[i] *= factor;
      }
      for (int i = 0; i < n; i++) {
        alpha[i] *= factor;
      }
      for (int j = 0; j < m; j++) {
        beta[j] *= factor;
      }
      gamma *= factor;
    }
  }

  private static double[] scaled(double[] p, double factor) {
    double[] q = p.clone();
    for (int i = 0; factor != 1 && i < q.length; i++) {
      q[i] *= factor;
    }
    return q;
  }

  /** Row potentials that give each row's cheapest partner the weight 1, moved below zero. */
  private void start() {
    double top = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      double best = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < m; j++) {
        best = Math.max(best, x[i * m + j]);
      }
      alpha[i] = -best;
      top = Math.max(top, -best);
    }
    for (int i = 0; i < n; i++) {
      alpha[i] -= top;
    }
    gamma = top;
    Arrays.fill(beta, 0.0);
    Arrays.fill(u, 1.0);
    Arrays.fill(v, 1.0);
    w = 1;
  }

  /** Moves the multipliers into the potentials. */
  private void absorb() {
    for (int i = 0; i < n; i++) {
      alpha[i] = u[i] == capU[i] ? 0 : alpha[i] + Math.log(u[i]);
    }
    for (int j = 0; j < m; j++) {
      beta[j] = v[j] == capV[j] ? 0 : beta[j] + Math.log(v[j]);
    }
    gamma += Math.log(w);
    Arrays.fill(u, 1.0);
    Arrays.fill(v, 1.0);
    w = 1;
  }

  private void kernel() {
    for (int i = 0; i < n; i++) {
      double shift = alpha[i] + gamma;
      for (int j = 0; j < m; j++) {
        double e = Math.exp(x[i * m + j] + shift + beta[j]);
        k[i * m + j] = e;
        kt[j * n + i] = e;
      }
      capU[i] = rowsFree ? Double.POSITIVE_INFINITY : Math.exp(-alpha[i]);
    }
    for (int j = 0; j < m; j++) {
      capV[j] = columnsFree ? Double.POSITIVE_INFINITY : Math.exp(-beta[j]);
    }
  }

  private void ascend(int maxIterations, double tolerance) {
    double last = Double.POSITIVE_INFINITY;
    double rate = 0;
    int nextNewton = FIRST_NEWTON;
    while (iterations < maxIterations) {
      violation = sweep();
      iterations++;
      // Only two sweeps in a row tell how fast sweeps converge.
      rate = last < Double.POSITIVE_INFINITY ? Math.min(0.9999, violation / last) : rate;
      last = violation;
      double remaining = violation / (1 - rate);
      if (iterations > 1 && (remaining <= tolerance || violation <= ROUNDING)) {
        return;
      }
      if (outgrown()) {
        absorb();
        kernel();
      }
      boolean slow = Math.log(tolerance / remaining) < NEWTON_WORTH * Math.log(rate);
      if (slow && iterations >= nextNewton && iterations < maxIterations) {
        iterations++;
        if (newton.step()) {
          newtonSteps++;
          last = Double.POSITIVE_INFINITY;
        } else {
          nextNewton = iterations + FIRST_NEWTON;
        }
      }
    }
  }

  /**
   * Rows and mass together, then columns and mass together; returns the largest relative change of
   * a row sum.
   */
  private double sweep() {
    boolean held = !rowsFree && !columnsFree;
    double worst = 0;
    DoubleRows.combine(kt, m, n, v, s);
    double before = w;
    w = held ? massMultiplier(s, capU, a) : w;
    for (int i = 0; i < n; i++) {
      double next = bounded(a[i] / (s[i] * w), capU[i]);
      worst = Math.max(worst, s[i] * Math.abs(next * w - u[i] * before) / a[i]);
      u[i] = next;
    }
    DoubleRows.combine(k, n, m, u, t);
    w = held ? massMultiplier(t, capV, b) : w;
    for (int j = 0; j < m; j++) {
      v[j] = bounded(b[j] / (t[j] * w), capV[j]);
    }
    return worst;
  }

  /**
   * The multiplier w at which {@code sum_i min(bound_i, w cap_i s_i)}, the mass when each row takes
   * what it can, is the wanted mass. Solved from the left, where Newton's method on this concave
   * piecewise linear function grows to the root and ends in finitely many steps.
   */
  private double massMultiplier(double[] sums, double[] cap, double[] bound) {
    double next = 0;
    for (int round = 0; round <= sums.length; round++) {
      double full = 0;
      double slope = 0;
      for (int i = 0; i < sums.length; i++) {
        double open = sums[i] > 0 ? cap[i] * sums[i] : 0;
        if (next * open >= bound[i]) {
          full += bound[i];
        } else {
          slope += open;
        }
      }
      double w1 = bounded((mass - full) / slope, LIMIT);
      if (!(w1 > next)) {
        break;
      }
      next = w1;
    }
    return next;
  }

  /**
   * The multiplier within its bound; a row that underflowed altogether moves by at most the limit.
   */
  static double bounded(double value, double cap) {
    return Math.max(1 / LIMIT, Math.min(Math.min(value, cap), LIMIT));
  }

  private boolean outgrown() {
    double low = w;
    double high = w;
    for (double q : u) {
      low = Math.min(low, q);
      high = Math.max(high, q);
    }
    for (double q : v) {
      low = Math.min(low, q);
      high = Math.max(high, q);
    }
    return low < 1 / ABSORB || high > ABSORB;
  }

  /** Potentials in the gauge f, g <= 0, with those of an equation's side strictly below. */
  private void finish() {
    absorb();
    if (rowsFree) {
      gamma += settle(alpha);
    }
    if (columnsFree) {
      gamma += settle(beta);
    }
  }

  private static double settle(double[] p) {
    double top = Double.NEGATIVE_INFINITY;
    for (double q : p) {
      top = Math.max(top, q);
    }
    for (int i = 0; i < p.length; i++) {
      p[i] -= top + 1;
    }
    return top + 1;
  }

  /** Writes plan and log-plan [n,m] and the potentials f [n] and g [m]; returns c. */
  public double write(
      float[] plan,
      int planAt,
      float[] logPlan,
      int logAt,
      float[] f,
      int fAt,
      float[] g,
      int gAt) {
    for (int i = 0; i < n; i++) {
      double shift = alpha[i] + gamma;
      for (int j = 0; j < m; j++) {
        double l = x[i * m + j] + shift + beta[j];
        logPlan[logAt + i * m + j] = (float) l;
        plan[planAt + i * m + j] = (float) Math.exp(l);
      }
      f[fAt + i] = negative(alpha[i]);
    }
    for (int j = 0; j < m; j++) {
      g[gAt + j] = negative(beta[j]);
    }
    return gamma;
  }

  /** Rounds to float without losing that the potential is active. */
  private static float negative(double p) {
    return p < 0 ? Math.min((float) p, -Float.MIN_NORMAL) : 0f;
  }

  /** Sweeps and Newton steps spent. */
  public int iterations() {
    return iterations;
  }

  public int newtonSteps() {
    return newtonSteps;
  }

  /** Relative change of the row sums in the last sweep. */
  public double violation() {
    return violation;
  }
}
