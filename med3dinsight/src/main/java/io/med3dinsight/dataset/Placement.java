package io.med3dinsight.dataset;

import io.med3dinsight.volume.Spacing;

/**
 * Where a patch takes its voxels from: source = centre + matrix (voxel - (size - 1) / 2), in
 * voxels, axes in the order x, y, z.
 *
 * @param centre the patch's centre in the case
 * @param matrix 3x3, row by row
 * @param straight true when the matrix is a diagonal of 1 and -1, so that voxels are copied
 */
record Placement(double[] centre, double[] matrix, boolean straight) {

  /** Draws flips, rotation and scaling; angles are angles in mm, whatever the spacing. */
  static Placement draw(Augmentation a, Spacing spacing, double[] centre, Draws draws) {
    double[] flip = {sign(a.flipX(), draws), sign(a.flipY(), draws), sign(a.flipZ(), draws)};
    boolean turned = draws.chance(a.rotation().probability());
    double[] matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    if (turned) {
      for (int axis = 0; axis < 3; axis++) {
        double degrees = draws.uniform(a.rotation().low(), a.rotation().high());
        matrix = times(matrix, rotation(axis, StrictMath.toRadians(degrees)));
      }
    }
    boolean scaled = draws.chance(a.scaling().probability());
    double zoom = scaled ? draws.uniform(a.scaling().low(), a.scaling().high()) : 1;
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 3; c++) {
        // A magnified patch shows a smaller part of the case.
        matrix[3 * r + c] *= flip[c] * spacing.along(c) / spacing.along(r) / zoom;
      }
    }
    return new Placement(centre, matrix, !turned && !scaled);
  }

  private static double sign(boolean flips, Draws draws) {
    return flips && draws.chance(0.5) ? -1 : 1;
  }

  private static double[] rotation(int axis, double angle) {
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    int a = (axis + 1) % 3;
    int b = (axis + 2) % 3;
    double[] m = new double[9];
    m[3 * axis + axis] = 1;
    m[3 * a + a] = cos;
    m[3 * a + b] = -sin;
    m[3 * b + a] = sin;
    m[3 * b + b] = cos;
    return m;
  }

  private static double[] times(double[] a, double[] b) {
    double[] p = new double[9];
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 3; c++) {
        p[3 * r + c] = a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c];
      }
    }
    return p;
  }
}
