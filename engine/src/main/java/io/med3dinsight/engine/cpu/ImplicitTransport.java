package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Implicit gradient of one entropic partial transport problem; see {@link
 * io.med3dinsight.engine.op.PartialSinkhornGradient}.
 */
public final class ImplicitTransport {
  private final int n;
  private final int m;
  private final ActiveSystem system;
  private final double[] plan;
  private final double[] weighted;
  private final boolean[] rowActive;
  private final boolean[] columnActive;
  private final double[] rowH;
  private final double[] columnH;

  /** Room for problems of n x m. */
  public ImplicitTransport(int n, int m) {
    this.n = n;
    this.m = m;
    system = new ActiveSystem(n, m);
    plan = system.buffer();
    weighted = new double[n * m];
    rowActive = new boolean[n];
    columnActive = new boolean[m];
    rowH = new double[n];
    columnH = new double[m];
  }

  /** Takes a plan [n,m] and forgets the gradients of the last problem. */
  public void plan(float[] values, int at) {
    for (int i = 0; i < n * m; i++) {
      plan[i] = values[at + i];
    }
    Arrays.fill(weighted, 0.0);
  }

  /** Takes the potentials; rows and columns below zero are active. */
  public void active(float[] f, int fAt, float[] g, int gAt) {
    for (int i = 0; i < n; i++) {
      rowActive[i] = f[fAt + i] < 0;
    }
    for (int j = 0; j < m; j++) {
      columnActive[j] = g[gAt + j] < 0;
    }
  }

  /** Adds a gradient with respect to the plan. */
  public void addPlanGradient(float[] grad, int at) {
    for (int i = 0; i < n * m; i++) {
      weighted[i] += grad[at + i] * plan[i];
    }
  }

  /** Adds a gradient with respect to the logarithm of the plan. */
  public void addLogPlanGradient(float[] grad, int at) {
    for (int i = 0; i < n * m; i++) {
      weighted[i] += grad[at + i];
    }
  }

  /** Writes the gradient with respect to the cost. */
  public void costGradient(double epsilon, float[] out, int at) {
    Arrays.fill(columnH, 0.0);
    double total = 0;
    for (int i = 0; i < n; i++) {
      rowH[i] = DoubleRows.sum(weighted, i * m, m);
      DoubleRows.add(weighted, i * m, 1, columnH, 0, m);
      total += rowH[i];
    }
    system.factorise(plan, rowActive, columnActive);
    system.solve(rowH, columnH, total, rowActive);
    for (int i = 0; i < n; i++) {
      double x = system.rowX[i] + system.massX;
      for (int j = 0; j < m; j++) {
        double held = plan[i * m + j] * (x + system.columnX[j]);
        out[at + i * m + j] = (float) ((held - weighted[i * m + j]) / epsilon);
      }
    }
  }
}
