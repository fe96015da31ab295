package io.med3dinsight.gap;

import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.RealMatrix;
import org.apache.commons.math3.linear.SingularValueDecomposition;

/** Principal components by singular value decomposition. */
public final class Pca {
  private Pca() {}

  /**
   * Coordinates [n][k] of rows [n][E] along their first k principal axes, k at most E and n. An
   * axis points to where its largest weight is positive, so that the result is unique.
   */
  public static double[][] project(double[][] rows, int k) {
    RealMatrix x = MatrixUtils.createRealMatrix(centred(rows));
    SingularValueDecomposition svd = new SingularValueDecomposition(x);
    RealMatrix axes = svd.getV().getSubMatrix(0, x.getColumnDimension() - 1, 0, k - 1);
    for (int a = 0; a < k; a++) {
      double[] axis = axes.getColumn(a);
      double largest = 0;
      for (double w : axis) {
        largest = Math.abs(w) > Math.abs(largest) ? w : largest;
      }
      if (largest < 0) {
        axes.setColumnVector(a, axes.getColumnVector(a).mapMultiply(-1));
      }
    }
    return x.multiply(axes).getData();
  }

  private static double[][] centred(double[][] rows) {
    int width = rows[0].length;
    double[] mean = new double[width];
    for (double[] r : rows) {
      for (int k = 0; k < width; k++) {
        mean[k] += r[k] / rows.length;
      }
    }
    double[][] out = new double[rows.length][width];
    for (int i = 0; i < rows.length; i++) {
      for (int k = 0; k < width; k++) {
        out[i][k] = rows[i][k] - mean[k];
      }
    }
    return out;
  }
}
