package io.med3dinsight.metric;

import io.med3dinsight.volume.Grid;
import java.util.Arrays;

/**
 * Distances in mm between the surfaces of one structure in two label maps.
 *
 * <p>A voxel of a structure is on its surface when one of its six neighbours is not in the
 * structure or lies outside the image. From each surface voxel of one map the distance goes to the
 * nearest surface voxel of the other, centre to centre, by an exact Euclidean distance transform in
 * mm. These are the definitions of MONAI's surface metrics (without sub-voxels). Memory is 10 bytes
 * a voxel of the smallest box that holds the structure in both maps.
 */
final class SurfaceDistances {
  /** A nanometre: what rounding may add to a distance that equals the tolerance. */
  private static final double ROUNDING = 1e-6;

  private final double[] there;
  private final double[] back;

  private SurfaceDistances(double[] there, double[] back) {
    this.there = there;
    this.back = back;
    Arrays.sort(there);
    Arrays.sort(back);
  }

  /**
   * @param box the structure of {@code label} in both maps, neither empty
   * @param a labels [D, H, W] on the grid
   * @param b the other labels
   */
  static SurfaceDistances of(Grid grid, Structure box, int[] a, int[] b, int label) {
    boolean[] first = surface(box, grid, a, label);
    boolean[] second = surface(box, grid, b, label);
    return new SurfaceDistances(
        distances(first, second, box, grid), distances(second, first, box, grid));
  }

  private static double[] distances(boolean[] from, boolean[] to, Structure box, Grid grid) {
    double[] squared =
        DistanceTransform.squared(to, box.extent(0), box.extent(1), box.extent(2), grid.spacing());
    int count = 0;
    for (boolean on : from) {
      count += on ? 1 : 0;
    }
    double[] distances = new double[count];
    int at = 0;
    for (int i = 0; i < from.length; i++) {
      if (from[i]) {
        distances[at++] = Math.sqrt(squared[i]);
      }
    }
    return distances;
  }

  /** The largest distance of both directions. */
  double largest() {
    return Math.max(there[there.length - 1], back[back.length - 1]);
  }

  /**
   * The larger of both directions' percentiles, each interpolated linearly between ranks (numpy's
   * default).
   *
   * @param percent 0 to 100
   */
  double percentile(double percent) {
    return Math.max(
        Percentile.ofSorted(there, percent / 100), Percentile.ofSorted(back, percent / 100));
  }

  /** The mean over the surface voxels of both maps together. */
  double mean() {
    return (sum(there) + sum(back)) / (there.length + back.length);
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double v : values) {
      sum += v;
    }
    return sum;
  }

  /**
   * The share of the surface voxels of both maps that lie within the tolerance of the other one.
   *
   * @param tolerance mm
   */
  double within(double tolerance) {
    return (double) (count(there, tolerance) + count(back, tolerance))
        / (there.length + back.length);
  }

  private static long count(double[] sorted, double tolerance) {
    long count = 0;
    while (count < sorted.length && sorted[(int) count] <= tolerance + ROUNDING) {
      count++;
    }
    return count;
  }

  /** The surface voxels inside the box; outside it neither map has the structure. */
  private static boolean[] surface(Structure box, Grid grid, int[] labels, int label) {
    boolean[] surface = new boolean[box.extent(0) * box.extent(1) * box.extent(2)];
    int at = 0;
    for (int d = box.from(0); d < box.from(0) + box.extent(0); d++) {
      for (int h = box.from(1); h < box.from(1) + box.extent(1); h++) {
        for (int w = box.from(2); w < box.from(2) + box.extent(2); w++) {
          int i = grid.index(d, h, w);
          surface[at++] = labels[i] == label && isBorder(grid, labels, d, h, w, i);
        }
      }
    }
    return surface;
  }

  private static boolean isBorder(Grid grid, int[] labels, int d, int h, int w, int i) {
    int row = grid.width();
    int plane = row * grid.height();
    int label = labels[i];
    return d == 0
        || h == 0
        || w == 0
        || d == grid.depth() - 1
        || h == grid.height() - 1
        || w == grid.width() - 1
        || labels[i - 1] != label
        || labels[i + 1] != label
        || labels[i - row] != label
        || labels[i + row] != label
        || labels[i - plane] != label
        || labels[i + plane] != label;
  }
}
