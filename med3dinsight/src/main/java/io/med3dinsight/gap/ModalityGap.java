package io.med3dinsight.gap;

import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.RealVector;

/**
 * How far apart two modalities lie in one space (Liang et al. 2022, "Mind the gap", arXiv
 * 2203.02053).
 */
public final class ModalityGap {
  private static final double RIDGE = 1e-3;

  private ModalityGap() {}

  /** Euclidean distance of the means of a [n][E] and b [m][E]. */
  public static double centroidDistance(double[][] a, double[][] b) {
    double sum = 0;
    for (int k = 0; k < a[0].length; k++) {
      double difference = 0;
      for (double[] r : a) {
        difference += r[k] / a.length;
      }
      for (double[] r : b) {
        difference -= r[k] / b.length;
      }
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  /**
   * Share of rows of which a linear classifier says the right modality: ridge regression on +1 and
   * -1, cross-validated in two folds. 0.5 when the modalities cannot be told apart, 1 when a plane
   * parts them.
   *
   * @param a [n][E]
   * @param b [n][E]
   * @param groups rows of one group, such as a volume, are in one fold [n]
   */
  public static double separability(double[][] a, double[][] b, int[] groups) {
    int right = 0;
    for (int fold = 0; fold < 2; fold++) {
      RealVector w = fit(a, b, groups, 1 - fold);
      for (int i = 0; i < a.length; i++) {
        if (groups[i] % 2 == fold) {
          right += value(w, a[i]) > 0 ? 1 : 0;
          right += value(w, b[i]) < 0 ? 1 : 0;
        }
      }
    }
    return right / (2.0 * a.length);
  }

  private static RealVector fit(double[][] a, double[][] b, int[] groups, int fold) {
    int width = a[0].length + 1;
    RealMatrix gram = MatrixUtils.createRealMatrix(width, width);
    double[] target = new double[width];
    int count = 0;
    for (int i = 0; i < a.length; i++) {
      if (groups[i] % 2 == fold) {
        add(gram, target, a[i], 1);
        add(gram, target, b[i], -1);
        count += 2;
      }
    }
    for (int k = 0; k < width; k++) {
      gram.addToEntry(k, k, RIDGE * Math.max(1, count) / width);
    }
    return new CholeskyDecomposition(gram).getSolver().solve(MatrixUtils.createRealVector(target));
  }

  private static void add(RealMatrix gram, double[] target, double[] row, double label) {
    int width = target.length;
    for (int k = 0; k < width; k++) {
      double x = k < row.length ? row[k] : 1;
      target[k] += label * x;
      for (int l = 0; l < width; l++) {
        gram.addToEntry(k, l, x * (l < row.length ? row[l] : 1));
      }
    }
  }

  private static double value(RealVector w, double[] row) {
    double sum = w.getEntry(row.length);
    for (int k = 0; k < row.length; k++) {
      sum += w.getEntry(k) * row[k];
    }
    return sum;
  }
}
