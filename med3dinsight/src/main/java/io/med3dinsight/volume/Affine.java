package io.med3dinsight.volume;

import java.util.Arrays;

/**
 * An affine map from voxel indices (i, j, k) to millimetres in RAS+ (x right, y anterior, z
 * superior), a 4x4 matrix whose last row is 0 0 0 1. Immutable.
 */
public final class Affine {
  private final double[] m;

  private Affine(double[] m) {
    this.m = m;
  }

  /** The matrix with the given first three rows, 12 numbers row by row. */
  public static Affine of(double... rows) {
    if (rows.length != 12) {
      throw new IllegalArgumentException("expected 12 numbers (three rows), got " + rows.length);
    }
    double[] m = Arrays.copyOf(rows, 16);
    m[15] = 1;
    return new Affine(m);
  }

  /** The map that multiplies index (i, j, k) by the spacings in mm and moves it to the origin. */
  public static Affine scaling(double x, double y, double z) {
    return of(x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0);
  }

  /** Entry at the row and column, both 0..3. */
  public double at(int row, int column) {
    return m[4 * row + column];
  }

  /** The product {@code this * other}: first {@code other}, then this. */
  public Affine times(Affine other) {
    double[] p = new double[16];
    for (int r = 0; r < 4; r++) {
      for (int c = 0; c < 4; c++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
          sum += m[4 * r + k] * other.m[4 * k + c];
        }
        p[4 * r + c] = sum;
      }
    }
    return new Affine(p);
  }

  /** The same map with every length multiplied by a number: another unit. */
  Affine scaled(double factor) {
    if (factor == 1) {
      return this;
    }
    double[] p = m.clone();
    for (int i = 0; i < 12; i++) {
      p[i] *= factor;
    }
    return new Affine(p);
  }

  /** The position in mm of voxel index (i, j, k). */
  public double[] apply(double i, double j, double k) {
    double[] p = new double[3];
    for (int r = 0; r < 3; r++) {
      p[r] = at(r, 0) * i + at(r, 1) * j + at(r, 2) * k + at(r, 3);
    }
    return p;
  }

  /** Voxel size along file axis 0 (i), 1 (j) or 2 (k): the length of that column, in mm. */
  public double spacing(int axis) {
    return Math.sqrt(
        at(0, axis) * at(0, axis) + at(1, axis) * at(1, axis) + at(2, axis) * at(2, axis));
  }

  /** Determinant of the 3x3 part: the voxel's volume in mm^3, negative when it is left-handed. */
  public double determinant() {
    return at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1))
        - at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0))
        + at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0));
  }

  /** True when every entry is finite and the three axes span space. */
  boolean isUsable() {
    for (double v : m) {
      if (!Double.isFinite(v)) {
        return false;
      }
    }
    double box = spacing(0) * spacing(1) * spacing(2);
    return box > 0 && Math.abs(determinant()) > 1e-9 * box;
  }

  /** The map back from mm to voxel indices. */
  public Affine inverse() {
    double d = determinant();
    if (d == 0) {
      throw new ArithmeticException("the affine is singular: " + this);
    }
    double[] p = new double[16];
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 3; c++) {
        p[4 * r + c] = cofactor(c, r) / d;
      }
    }
    for (int r = 0; r < 3; r++) {
      p[4 * r + 3] = -(p[4 * r] * at(0, 3) + p[4 * r + 1] * at(1, 3) + p[4 * r + 2] * at(2, 3));
    }
    p[15] = 1;
    return new Affine(p);
  }

  private double cofactor(int r, int c) {
    int r1 = (r + 1) % 3;
    int r2 = (r + 2) % 3;
    int c1 = (c + 1) % 3;
    int c2 = (c + 2) % 3;
    return at(r1, c1) * at(r2, c2) - at(r1, c2) * at(r2, c1);
  }

  /** Largest absolute difference between the entries of two affines. */
  public double distance(Affine other) {
    double largest = 0;
    for (int i = 0; i < 16; i++) {
      largest = Math.max(largest, Math.abs(m[i] - other.m[i]));
    }
    return largest;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Affine other && Arrays.equals(m, other.m);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(m);
  }

  @Override
  public String toString() {
    return Arrays.toString(Arrays.copyOf(m, 12));
  }
}
