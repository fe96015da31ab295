package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Solves {@code (A^T diag(P) A) x = h} for a plan P [n,m], where the columns of A are the 0/1
 * incidence vectors of the active row sums, the active column sums and the total mass: the Newton
 * system of partial optimal transport's dual, and the system of its implicit gradient.
 *
 * <p>Row unknowns are eliminated first, since their block is diagonal. With the sign of the mass
 * unknown turned, what is left is a symmetric diagonally dominant matrix with non-positive
 * off-diagonal entries, kept as those entries plus the row sums ("excess"), all of which are sums
 * of terms of one sign. Elimination in this form never subtracts (Grassmann, Taksar, Heyman 1985),
 * so that the near-singular systems of small regularisation, where the plan falls apart into
 * blocks, lose no digits, and the redundant equations of full transport give an exact zero pivot,
 * whose unknown is set to zero: the product {@code P o (A x)} does not depend on it.
 */
final class ActiveSystem {
  private final int n;
  private final int m;
  private final double[] plan; // active columns only, row by row
  private final double[] full;
  private final double[] rowSum;
  private final double[] rowWeight;
  private final double[] upper;
  private final double[] excess;
  private final double[] pivot;
  private final double[] y;
  private final int[] columns;
  private int active;

  /** Solution for rows [n], zero where inactive. */
  final double[] rowX;

  /** Solution for columns [m], zero where inactive. */
  final double[] columnX;

  /** Solution for the total mass. */
  double massX;

  ActiveSystem(int n, int m) {
    this.n = n;
    this.m = m;
    plan = new double[n * m];
    full = new double[n * m];
    rowSum = new double[n];
    rowWeight = new double[n];
    upper = new double[(m + 1) * (m + 1)];
    excess = new double[m + 1];
    pivot = new double[m + 1];
    y = new double[m + 1];
    columns = new int[m];
    rowX = new double[n];
    columnX = new double[m];
  }

  /** Room for a plan [n,m], to be filled and given to {@link #factorise}. */
  double[] buffer() {
    return full;
  }

  /**
   * Builds and factorises the system.
   *
   * @param p plan [n,m], row-major, from element 0
   * @param rowActive which row sums are held
   * @param columnActive which column sums are held
   */
  void factorise(double[] p, boolean[] rowActive, boolean[] columnActive) {
    active = 0;
    for (int j = 0; j < m; j++) {
      if (columnActive[j]) {
        columns[active++] = j;
      }
    }
    int size = active + 1;
    Arrays.fill(upper, 0, size * size, 0.0);
    Arrays.fill(excess, 0, size, 0.0);
    for (int i = 0; i < n; i++) {
      gather(p, i, rowActive[i]);
    }
    products(size);
    eliminate(size);
  }

  /**
   * Splits row i into its active columns and the rest, and adds what does not couple two columns.
   */
  private void gather(double[] p, int i, boolean held) {
    double inside = 0;
    for (int a = 0; a < active; a++) {
      double v = p[i * m + columns[a]];
      plan[i * active + a] = v;
      inside += v;
    }
    double outside = 0;
    if (active < m) {
      int a = 0;
      for (int j = 0; j < m; j++) {
        if (a < active && columns[a] == j) {
          a++;
        } else {
          outside += p[i * m + j];
        }
      }
    }
    rowSum[i] = inside + outside;
    rowWeight[i] = held && rowSum[i] > 0 ? 1 / rowSum[i] : 0;
    int size = active + 1;
    if (held) {
      DoubleRows.add(plan, i * active, outside * rowWeight[i], excess, 0, active);
    } else {
      for (int a = 0; a < active; a++) {
        upper[a * size + active] -= plan[i * active + a];
      }
      excess[active] += outside;
    }
  }

  /** {@code upper[a][b] -= sum over held rows of P_ia P_ib / r_i} for a < b. */
  private void products(int size) {
    for (int a = 0; a < active; a++) {
      int from = a + 1;
      int count = active - from;
      int o = a * size + from;
      int i = 0;
      for (; i + 4 <= n; i += 4) {
        int r = i * active;
        DoubleRows.add4(
            plan,
            r + from,
            r + active + from,
            r + 2 * active + from,
            r + 3 * active + from,
            -plan[r + a] * rowWeight[i],
            -plan[r + active + a] * rowWeight[i + 1],
            -plan[r + 2 * active + a] * rowWeight[i + 2],
            -plan[r + 3 * active + a] * rowWeight[i + 3],
            upper,
            o,
            count);
      }
      for (; i < n; i++) {
        DoubleRows.add(
            plan, i * active + from, -plan[i * active + a] * rowWeight[i], upper, o, count);
      }
    }
  }

  /** Factorises to unit upper triangular rows and pivots. */
  private void eliminate(int size) {
    for (int k = 0; k < size; k++) {
      int row = k * size;
      int rest = size - k - 1;
      double d = excess[k] - DoubleRows.sum(upper, row + k + 1, rest);
      pivot[k] = d;
      if (!(d > Double.MIN_NORMAL)) {
        Arrays.fill(upper, row + k + 1, row + size, 0.0);
        pivot[k] = 0;
        continue;
      }
      double share = excess[k] / d;
      for (int i = k + 1; i < size; i++) {
        double w = upper[row + i];
        if (w != 0) {
          excess[i] -= w * share;
          DoubleRows.add(upper, row + i + 1, -w / d, upper, i * size + i + 1, size - i - 1);
        }
      }
      for (int i = k + 1; i < size; i++) {
        upper[row + i] /= d;
      }
    }
  }

  /**
   * Solves for one right-hand side: rows [n], columns [m] (entries of inactive ones are ignored),
   * mass.
   */
  void solve(double[] rowH, double[] columnH, double massH, boolean[] rowActive) {
    int size = active + 1;
    double held = 0;
    for (int a = 0; a < active; a++) {
      y[a] = columnH[columns[a]];
    }
    for (int i = 0; i < n; i++) {
      if (rowActive[i]) {
        DoubleRows.add(plan, i * active, -rowH[i] * rowWeight[i], y, 0, active);
        held += rowH[i];
      }
    }
    y[active] = held - massH;
    substitute(size);
    Arrays.fill(columnX, 0.0);
    for (int a = 0; a < active; a++) {
      columnX[columns[a]] = y[a];
    }
    massX = -y[active];
    for (int i = 0; i < n; i++) {
      rowX[i] = 0;
      if (rowActive[i]) {
        double s = rowH[i];
        for (int a = 0; a < active; a++) {
          s -= plan[i * active + a] * y[a];
        }
        rowX[i] = s * rowWeight[i] - massX;
      }
    }
  }

  private void substitute(int size) {
    for (int k = 0; k < size; k++) {
      DoubleRows.add(upper, k * size + k + 1, -y[k], y, k + 1, size - k - 1);
    }
    for (int k = size - 1; k >= 0; k--) {
      double s = pivot[k] > 0 ? y[k] / pivot[k] : 0;
      for (int j = k + 1; j < size; j++) {
        s -= upper[k * size + j] * y[j];
      }
      y[k] = s;
    }
  }
}
