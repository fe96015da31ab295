package io.med3dinsight.volume;

import java.util.Objects;

/**
 * A voxel grid in space: extents and the affine from voxel index (w, h, d) to mm in RAS+. Carries
 * what a NIfTI header said about it, so that a result can be written back on exactly this grid.
 */
public final class Grid {
  private final int depth;
  private final int height;
  private final int width;
  private final Affine affine;
  private final GridOrigin origin;

  Grid(int depth, int height, int width, Affine affine, GridOrigin origin) {
    if (depth < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "a grid of " + depth + "x" + height + "x" + width + " voxels (D, H, W) has no voxels");
    }
    if (!affine.isUsable()) {
      throw new IllegalArgumentException("the affine " + affine + " is singular or not finite");
    }
    Math.multiplyExact(Math.multiplyExact(depth, height), width);
    this.depth = depth;
    this.height = height;
    this.width = width;
    this.affine = affine;
    this.origin = origin;
  }

  /** A grid of depth x height x width voxels with the affine from (w, h, d) to mm in RAS+. */
  public static Grid of(int depth, int height, int width, Affine affine) {
    return new Grid(depth, height, width, affine, GridOrigin.computed(affine));
  }

  /** An axis-aligned RAS grid whose first voxel lies at the origin. */
  public static Grid of(int depth, int height, int width, Spacing spacing) {
    return of(depth, height, width, Affine.scaling(spacing.x(), spacing.y(), spacing.z()));
  }

  /** Extent of the slowest axis (file axis k; superior in RAS). */
  public int depth() {
    return depth;
  }

  /** Extent of the middle axis (file axis j; anterior in RAS). */
  public int height() {
    return height;
  }

  /** Extent of the fastest axis (file axis i; right in RAS). */
  public int width() {
    return width;
  }

  /** Extent along file axis 0 (i, W), 1 (j, H) or 2 (k, D). */
  public int extent(int axis) {
    return switch (axis) {
      case 0 -> width;
      case 1 -> height;
      case 2 -> depth;
      default -> throw new IndexOutOfBoundsException("axis " + axis + ", expected 0, 1 or 2");
    };
  }

  /** Number of voxels. */
  public int size() {
    return depth * height * width;
  }

  /** From voxel index (w, h, d) to mm in RAS+. */
  public Affine affine() {
    return affine;
  }

  GridOrigin origin() {
    return origin;
  }

  /** Voxel sizes in mm. */
  public Spacing spacing() {
    return new Spacing(affine.spacing(0), affine.spacing(1), affine.spacing(2));
  }

  /** Length in mm of the diagonal of the box that the voxels fill. */
  public double diagonal() {
    double x = width * affine.spacing(0);
    double y = height * affine.spacing(1);
    double z = depth * affine.spacing(2);
    return Math.sqrt(x * x + y * y + z * z);
  }

  /** Index of voxel (d, h, w) in a [D, H, W] row-major array. */
  public int index(int d, int h, int w) {
    return (d * height + h) * width + w;
  }

  /** True when the extents are equal. */
  public boolean sameShape(Grid other) {
    return depth == other.depth && height == other.height && width == other.width;
  }

  /**
   * True when the extents are equal and every voxel lies within {@code tolerance} mm of its
   * counterpart.
   */
  public boolean sameSpace(Grid other, double tolerance) {
    if (!sameShape(other)) {
      return false;
    }
    // The difference of two affine maps is largest in a corner of the box.
    for (int corner = 0; corner < 8; corner++) {
      double i = (corner & 1) * (width - 1.0);
      double j = (corner >> 1 & 1) * (height - 1.0);
      double k = (corner >> 2) * (depth - 1.0);
      double[] a = affine.apply(i, j, k);
      double[] b = other.affine.apply(i, j, k);
      if (Math.hypot(Math.hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]) > tolerance) {
        return false;
      }
    }
    return true;
  }

  /**
   * The extents as a person writes them: width x height x depth, the order of the file's header.
   */
  public String shapeText() {
    return width + "x" + height + "x" + depth;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Grid g
        && sameShape(g)
        && affine.equals(g.affine)
        && origin.equals(g.origin);
  }

  @Override
  public int hashCode() {
    return Objects.hash(depth, height, width, affine);
  }

  @Override
  public String toString() {
    return "Grid[" + shapeText() + " voxels (W x H x D), affine " + affine + "]";
  }
}
