package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Newton steps on the dual of partial transport, within the bounds f, g <= 0; see {@link
 * PartialTransport}.
 */
final class TransportNewton {
  private static final int PIN_ROUNDS = 12;

  private final PartialTransport of;
  private final int n;
  private final int m;
  private final ActiveSystem system;
  private final boolean[] rowActive;
  private final boolean[] columnActive;
  private final double[] rowH;
  private final double[] columnH;
  private final double[] rowShift;
  private final double[] columnShift;
  private final double[] rowRhs;
  private final double[] columnRhs;
  private final double[] tryU;
  private final double[] tryV;

  TransportNewton(PartialTransport of, int n, int m) {
    this.of = of;
    this.n = n;
    this.m = m;
    system = new ActiveSystem(n, m);
    rowActive = new boolean[n];
    columnActive = new boolean[m];
    rowH = new double[n];
    columnH = new double[m];
    rowShift = new double[n];
    columnShift = new double[m];
    rowRhs = new double[n];
    columnRhs = new double[m];
    tryU = new double[n];
    tryV = new double[m];
  }

  /** One projected Newton step with halving; false when it would not raise the dual. */
  boolean step() {
    double total = residuals();
    direction(total);
    for (double step = 1; step > 0.05; step /= 2) {
      double gain = attempt(step);
      double nextW = of.w * Math.exp(step * system.massX);
      DoubleRows.combine(of.k, n, m, tryU, of.t);
      double after = 0;
      for (int j = 0; j < m; j++) {
        after += of.t[j] * tryV[j] * nextW;
      }
      if (gain - (after - total) >= -1e-15) {
        System.arraycopy(tryU, 0, of.u, 0, n);
        System.arraycopy(tryV, 0, of.v, 0, m);
        of.w = nextW;
        return true;
      }
    }
    return false;
  }

  /**
   * Newton's direction within the bounds: potentials that the unconstrained direction would carry
   * above zero are sent to zero exactly, and the others solved for again. Simply cutting the
   * direction off at the bound is no ascent direction where row and column potential of a pair
   * nearly cancel each other, which is the rule once the embeddings are aligned.
   */
  private void direction(double total) {
    double[] p = currentPlan();
    Arrays.fill(rowShift, 0.0);
    Arrays.fill(columnShift, 0.0);
    int pinned = 1;
    for (int round = 0; round < PIN_ROUNDS && pinned > 0; round++) {
      double massRhs = of.mass - total;
      System.arraycopy(columnH, 0, columnRhs, 0, m);
      for (int i = 0; i < n; i++) {
        rowRhs[i] = rowH[i];
        for (int j = 0; j < m; j++) {
          rowRhs[i] -= p[i * m + j] * columnShift[j];
          columnRhs[j] -= p[i * m + j] * rowShift[i];
          massRhs -= p[i * m + j] * (rowShift[i] + columnShift[j]);
        }
      }
      system.factorise(p, rowActive, columnActive);
      system.solve(rowRhs, columnRhs, massRhs, rowActive);
      pinned =
          pin(of.u, of.capU, system.rowX, rowActive, rowShift)
              + pin(of.v, of.capV, system.columnX, columnActive, columnShift);
    }
  }

  private static int pin(double[] p, double[] cap, double[] d, boolean[] active, double[] shift) {
    int count = 0;
    for (int i = 0; i < p.length; i++) {
      if (active[i] && p[i] * Math.exp(d[i]) > cap[i] * (1 + 1e-12)) {
        active[i] = false;
        shift[i] = Math.log(cap[i] / p[i]);
        count++;
      }
    }
    return count;
  }

  /**
   * Moves {@code step} along the solution into tryU, tryV; returns the linear part of the dual's
   * gain.
   */
  private double attempt(double step) {
    double gain = of.mass * step * system.massX;
    for (int i = 0; i < n; i++) {
      tryU[i] =
          PartialTransport.bounded(
              of.u[i] * Math.exp(step * (system.rowX[i] + rowShift[i])), of.capU[i]);
      gain += of.a[i] * Math.log(tryU[i] / of.u[i]);
    }
    for (int j = 0; j < m; j++) {
      tryV[j] =
          PartialTransport.bounded(
              of.v[j] * Math.exp(step * (system.columnX[j] + columnShift[j])), of.capV[j]);
      gain += of.b[j] * Math.log(tryV[j] / of.v[j]);
    }
    return gain;
  }

  /** Fills the dual's gradient and the active sets; returns the plan's mass. */
  private double residuals() {
    double total = 0;
    DoubleRows.combine(of.kt, m, n, of.v, of.s);
    for (int i = 0; i < n; i++) {
      rowH[i] = of.a[i] - of.s[i] * of.w * of.u[i];
      rowActive[i] = of.u[i] < of.capU[i] || rowH[i] < 0;
      total += of.s[i] * of.w * of.u[i];
    }
    DoubleRows.combine(of.k, n, m, of.u, of.t);
    for (int j = 0; j < m; j++) {
      columnH[j] = of.b[j] - of.t[j] * of.w * of.v[j];
      columnActive[j] = of.v[j] < of.capV[j] || columnH[j] < 0;
    }
    return total;
  }

  /** The plan of the current multipliers, in a buffer that stays valid until the next call. */
  private double[] currentPlan() {
    double[] p = system.buffer();
    for (int i = 0; i < n; i++) {
      double q = of.u[i] * of.w;
      for (int j = 0; j < m; j++) {
        p[i * m + j] = q * of.k[i * m + j] * of.v[j];
      }
    }
    return p;
  }
}
