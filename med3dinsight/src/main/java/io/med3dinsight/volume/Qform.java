package io.med3dinsight.volume;

/**
 * NIfTI's quaternion form of an affine: a unit quaternion (its first component follows from b, c,
 * d), an offset in mm and {@code qfac} (-1 when the third axis is flipped, otherwise 1). Kept as
 * read, so that a file written on the same grid says exactly the same.
 *
 * <p>Source: nifti1.h, section "3D image (volume) orientation and location in space", method 2.
 */
record Qform(double b, double c, double d, double x, double y, double z, double qfac) {

  static final Qform NONE = new Qform(0, 0, 0, 0, 0, 0, 1);

  /** What rounding three components to float32 can add to their squared length; as in nibabel. */
  private static final double ROUNDING = 3 * 0x1p-23;

  /** True unless the vector part is longer than that of any unit quaternion. */
  boolean isRotation() {
    return !(b * b + c * c + d * d > 1 + ROUNDING);
  }

  /** The vector part, for messages. */
  String vectorText() {
    return "(" + b + ", " + c + ", " + d + ")";
  }

  /** The affine for voxels of the given sizes in mm. */
  Affine affine(double dx, double dy, double dz) {
    double squares = b * b + c * c + d * d;
    double p = b;
    double q = c;
    double r = d;
    double a;
    if (squares > 1) {
      // Rounding to float can push the vector part just above length 1: a turn by 180 degrees.
      double scale = 1 / Math.sqrt(squares);
      p *= scale;
      q *= scale;
      r *= scale;
      a = 0;
    } else {
      a = Math.sqrt(1 - squares);
    }
    double sz = dz * qfac;
    return Affine.of(
        (a * a + p * p - q * q - r * r) * dx,
        2 * (p * q - a * r) * dy,
        2 * (p * r + a * q) * sz,
        x,
        2 * (p * q + a * r) * dx,
        (a * a + q * q - p * p - r * r) * dy,
        2 * (q * r - a * p) * sz,
        y,
        2 * (p * r - a * q) * dx,
        2 * (q * r + a * p) * dy,
        (a * a + r * r - p * p - q * q) * sz,
        z);
  }
}
