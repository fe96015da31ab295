package io.med3dinsight.volume;

/**
 * Voxel sizes in mm along W (file axis i; right in RAS), H (j; anterior) and D (k; superior).
 *
 * @param x size along W
 * @param y size along H
 * @param z size along D
 */
public record Spacing(double x, double y, double z) {
  /** The sizes in file order: 0 is x, 1 is y, 2 is z. */
  public double along(int axis) {
    return switch (axis) {
      case 0 -> x;
      case 1 -> y;
      case 2 -> z;
      default -> throw new IndexOutOfBoundsException("axis " + axis + ", expected 0, 1 or 2");
    };
  }
}
