package io.med3dinsight.metric;

import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Spacing;
import java.util.Arrays;

/**
 * The 95th percentile Hausdorff distance in mm between two label maps, class by class.
 *
 * <p>A voxel of a structure is on its surface when one of its six neighbours is not in the
 * structure or lies outside the image. From each surface voxel of one structure the distance goes
 * to the nearest surface voxel of the other, centre to centre; the 95th percentile of these
 * distances is taken in each direction (interpolated linearly between ranks), and the result is the
 * larger of the two. These are the definitions of MONAI's {@code
 * HausdorffDistanceMetric(percentile=95)}.
 */
final class Hausdorff {
  private static final double PERCENT = 95;

  private final Spacing spacing;
  private final int depth;
  private final int height;
  private final int width;
  private final boolean[] first;
  private final boolean[] second;

  private Hausdorff(Box box, Grid grid, int[] a, int[] b, int label) {
    spacing = grid.spacing();
    depth = box.depth();
    height = box.height();
    width = box.width();
    first = surface(box, grid, a, label);
    second = surface(box, grid, b, label);
  }

  /**
   * The distance in mm between the voxels of {@code label} in both maps, which must occur in both.
   *
   * @param a labels [D, H, W] on the grid
   * @param b the other labels
   */
  static double distance95(Grid grid, int[] a, int[] b, int label) {
    Box box = Box.around(grid, a, b, label);
    return new Hausdorff(box, grid, a, b, label).distance95();
  }

  private double distance95() {
    return Math.max(directed(first, second), directed(second, first));
  }

  private double directed(boolean[] from, boolean[] to) {
    double[] squared = DistanceTransform.squared(to, depth, height, width, spacing);
    double[] distances = new double[from.length];
    int count = 0;
    for (int i = 0; i < from.length; i++) {
      if (from[i]) {
        distances[count++] = Math.sqrt(squared[i]);
      }
    }
    Arrays.sort(distances, 0, count);
    double rank = PERCENT / 100 * (count - 1);
    int below = (int) rank;
    int above = Math.min(below + 1, count - 1);
    return distances[below] + (rank - below) * (distances[above] - distances[below]);
  }

  /** The surface voxels inside the box. */
  private static boolean[] surface(Box box, Grid grid, int[] labels, int label) {
    boolean[] surface = new boolean[box.depth() * box.height() * box.width()];
    int at = 0;
    for (int d = box.d0(); d <= box.d1(); d++) {
      for (int h = box.h0(); h <= box.h1(); h++) {
        for (int w = box.w0(); w <= box.w1(); w++) {
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

  /** The smallest box that holds the structure in both maps; distances need nothing outside. */
  private record Box(int d0, int d1, int h0, int h1, int w0, int w1) {
    static Box around(Grid grid, int[] a, int[] b, int label) {
      int[] low = {Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE};
      int[] high = {-1, -1, -1};
      int i = 0;
      for (int d = 0; d < grid.depth(); d++) {
        for (int h = 0; h < grid.height(); h++) {
          for (int w = 0; w < grid.width(); w++, i++) {
            if (a[i] == label || b[i] == label) {
              low[0] = Math.min(low[0], d);
              high[0] = d;
              low[1] = Math.min(low[1], h);
              high[1] = Math.max(high[1], h);
              low[2] = Math.min(low[2], w);
              high[2] = Math.max(high[2], w);
            }
          }
        }
      }
      return new Box(low[0], high[0], low[1], high[1], low[2], high[2]);
    }

    int depth() {
      return d1 - d0 + 1;
    }

    int height() {
      return h1 - h0 + 1;
    }

    int width() {
      return w1 - w0 + 1;
    }
  }
}
