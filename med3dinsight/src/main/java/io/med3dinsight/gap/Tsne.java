package io.med3dinsight.gap;

/**
 * Exact t-SNE (van der Maaten, Hinton 2008, "Visualizing data using t-SNE", JMLR 9): neighbourhoods
 * of a given perplexity, Student-t similarities in the plane, gradient descent with momentum and
 * gains, early exaggeration. It begins at the first two principal components, scaled to a deviation
 * of 1e-4, and so depends on nothing but its input. For some thousand points: memory and time per
 * step grow with the square of their number.
 */
public final class Tsne {
  private static final int STEPS = 750;
  private static final int EXAGGERATED_STEPS = 250;
  private static final double EXAGGERATION = 12;
  private static final double FLOOR = 1e-12;

  private final int n;

  /** Symmetric joint probabilities of the input. */
  private final double[][] p;

  private final double[][] y;
  private final double[][] velocity;
  private final double[][] gains;

  private Tsne(double[][] rows, double perplexity) {
    n = rows.length;
    p = joint(rows, perplexity);
    y = Pca.project(rows, 2);
    velocity = new double[n][2];
    gains = new double[n][2];
    double deviation = 0;
    for (int i = 0; i < n; i++) {
      deviation += y[i][0] * y[i][0] / n;
      gains[i][0] = 1;
      gains[i][1] = 1;
    }
    double scale = 1e-4 / Math.max(Math.sqrt(deviation), 1e-300);
    for (double[] at : y) {
      at[0] *= scale;
      at[1] *= scale;
    }
  }

  /**
   * A map of the rows.
   *
   * @param rows [n][E], at least 4
   * @param perplexity number of neighbours that count; at most (n - 1) / 3 is used
   * @return [n][2]
   */
  public static double[][] map(double[][] rows, double perplexity) {
    Tsne t = new Tsne(rows, Math.min(perplexity, (rows.length - 1) / 3.0));
    for (int step = 0; step < STEPS; step++) {
      t.step(step < EXAGGERATED_STEPS);
    }
    return t.y;
  }

  private void step(boolean early) {
    double[][] q = new double[n][n];
    double total = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        double a = y[i][0] - y[j][0];
        double b = y[i][1] - y[j][1];
        q[i][j] = 1 / (1 + a * a + b * b);
        q[j][i] = q[i][j];
        total += 2 * q[i][j];
      }
    }
    double rate = Math.max(n / EXAGGERATION / 4, 50);
    double[][] gradient = new double[n][2];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double pull = (early ? EXAGGERATION : 1) * p[i][j] - Math.max(q[i][j] / total, FLOOR);
        double f = 4 * pull * q[i][j];
        gradient[i][0] += f * (y[i][0] - y[j][0]);
        gradient[i][1] += f * (y[i][1] - y[j][1]);
      }
    }
    double momentum = early ? 0.5 : 0.8;
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < 2; k++) {
        boolean turned = gradient[i][k] > 0 == velocity[i][k] > 0;
        gains[i][k] = Math.max(0.01, turned ? gains[i][k] * 0.8 : gains[i][k] + 0.2);
        velocity[i][k] = momentum * velocity[i][k] - rate * gains[i][k] * gradient[i][k];
        y[i][k] += velocity[i][k];
      }
    }
  }

  /** {@code (p_j|i + p_i|j) / 2n} with the widths that give each row its perplexity. */
  static double[][] joint(double[][] rows, double perplexity) {
    int n = rows.length;
    double[][] conditional = new double[n][];
    for (int i = 0; i < n; i++) {
      double[] d = new double[n];
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < rows[i].length; k++) {
          d[j] += (rows[i][k] - rows[j][k]) * (rows[i][k] - rows[j][k]);
        }
      }
      conditional[i] = neighbours(d, i, Math.log(perplexity));
    }
    double[][] joint = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        joint[i][j] =
            i == j ? 0 : Math.max((conditional[i][j] + conditional[j][i]) / (2.0 * n), FLOOR);
      }
    }
    return joint;
  }

  /** Gaussian neighbourhood of row i whose entropy is the given one, by bisection. */
  private static double[] neighbours(double[] squared, int i, double entropy) {
    double low = 0;
    double high = Double.POSITIVE_INFINITY;
    double beta = 1;
    double[] w = new double[squared.length];
    for (int trial = 0; trial < 100; trial++) {
      double nearest = Double.POSITIVE_INFINITY;
      for (int j = 0; j < w.length; j++) {
        nearest = j == i ? nearest : Math.min(nearest, squared[j]);
      }
      double sum = 0;
      double mean = 0;
      for (int j = 0; j < w.length; j++) {
        w[j] = j == i ? 0 : Math.exp(-beta * (squared[j] - nearest));
        sum += w[j];
        mean += w[j] * (squared[j] - nearest);
      }
      for (int j = 0; j < w.length; j++) {
        w[j] /= sum;
      }
      double h = Math.log(sum) + beta * mean / sum;
      if (Math.abs(h - entropy) < 1e-7) {
        break;
      }
      if (h > entropy) {
        low = beta;
        beta = Double.isInfinite(high) ? 2 * beta : (low + high) / 2;
      } else {
        high = beta;
        beta = (low + high) / 2;
      }
    }
    return w;
  }
}
