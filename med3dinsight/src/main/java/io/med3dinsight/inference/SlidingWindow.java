package io.med3dinsight.inference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Covers a volume with overlapping windows of the network's patch size and joins their class
 * scores, weighted by a Gaussian that trusts a window's centre more than its edge (Isensee et al.
 * 2021, nnU-Net): {@code score(v) = sum_k w(v - corner_k) s_k(v) / sum_k w(v - corner_k)} with
 * {@code w} the product of one Gaussian per axis. Along an axis on which the volume is smaller than
 * the window, the window reaches beyond it on both sides; there the network sees 0, the mean of a
 * normalised image, as it does when patches are cut for training.
 */
final class SlidingWindow {
  /** Standard deviation of the weights relative to the window. */
  private static final double SIGMA = 0.125;

  private final int[] window;
  private final int[] extents;
  private final int[][] starts;
  private final double[][] weights;

  /**
   * @param window extents of a window along D, H, W
   * @param extents extents of the volume
   * @param overlap share of a window that its neighbour covers too, in [0, 1)
   */
  SlidingWindow(int[] window, int[] extents, double overlap) {
    this.window = window.clone();
    this.extents = extents.clone();
    starts = new int[3][];
    weights = new double[3][];
    for (int a = 0; a < 3; a++) {
      starts[a] = starts(extents[a], window[a], (1 - overlap) * window[a]);
      weights[a] = gaussian(window[a]);
    }
  }

  /** Evenly spread, with steps of at most {@code step} voxels. */
  private static int[] starts(int extent, int window, double step) {
    int room = extent - window;
    if (room <= 0) {
      return new int[] {-(-room / 2)};
    }
    int[] starts = new int[(int) Math.ceil(room / Math.max(1, step)) + 1];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = (int) Math.round((double) room * i / (starts.length - 1));
    }
    return starts;
  }

  private static double[] gaussian(int length) {
    double[] g = new double[length];
    for (int i = 0; i < length; i++) {
      double d = (i - (length - 1) / 2.0) / (SIGMA * length);
      g[i] = StrictMath.exp(-0.5 * d * d);
    }
    return g;
  }

  /** Lower corners (d, h, w) of all windows; negative where a window begins before the volume. */
  List<int[]> corners() {
    List<int[]> out = new ArrayList<>();
    for (int z : starts[0]) {
      for (int y : starts[1]) {
        for (int x : starts[2]) {
          out.add(new int[] {z, y, x});
        }
      }
    }
    return out;
  }

  /** Number of voxels of a window. */
  int size() {
    return window[0] * window[1] * window[2];
  }

  /**
   * Copies a window out of a volume.
   *
   * @param volume [D, H, W]
   * @param flip axes along which the copy is reversed: 1 for D, 2 for H, 4 for W, or sums of them
   * @param out [d, h, w], from element {@code at} on
   */
  void cut(float[] volume, int[] corner, int flip, float[] out, int at) {
    Arrays.fill(out, at, at + size(), 0);
    int first = Math.max(0, -corner[2]);
    int last = Math.min(window[2], extents[2] - corner[2]);
    for (int z = 0; z < window[0]; z++) {
      for (int y = 0; y < window[1]; y++) {
        if (!inside(corner, z, y)) {
          continue;
        }
        int from = row(corner, z, y) + first;
        int to = at + flippedRow(z, y, flip);
        if ((flip & 4) == 0) {
          System.arraycopy(volume, from, out, to + first, last - first);
        } else {
          for (int x = first; x < last; x++) {
            out[to + window[2] - 1 - x] = volume[from++];
          }
        }
      }
    }
  }

  /**
   * Adds a window's class scores, weighted, to those of the volume.
   *
   * @param part [d, h, w, C] of a window that was cut with {@code flip}, from element {@code at} on
   * @param scores [D, H, W, C]
   */
  void add(float[] part, int at, int flip, float[] scores, int classes, int[] corner) {
    int first = Math.max(0, -corner[2]);
    int last = Math.min(window[2], extents[2] - corner[2]);
    int step = (flip & 4) == 0 ? classes : -classes;
    for (int z = 0; z < window[0]; z++) {
      for (int y = 0; y < window[1]; y++) {
        if (!inside(corner, z, y)) {
          continue;
        }
        double rowWeight = weights[0][z] * weights[1][y];
        int to = (row(corner, z, y) + first) * classes;
        int column = (flip & 4) == 0 ? first : window[2] - 1 - first;
        int from = at + (flippedRow(z, y, flip) + column) * classes;
        for (int x = first; x < last; x++, from += step) {
          float weight = (float) (rowWeight * weights[2][x]);
          for (int c = 0; c < classes; c++) {
            scores[to++] += weight * part[from + c];
          }
        }
      }
    }
  }

  private boolean inside(int[] corner, int z, int y) {
    int d = corner[0] + z;
    int h = corner[1] + y;
    return d >= 0 && d < extents[0] && h >= 0 && h < extents[1];
  }

  /** Where window row (z, y) would begin in the volume; before its row for a negative corner. */
  private int row(int[] corner, int z, int y) {
    return ((corner[0] + z) * extents[1] + corner[1] + y) * extents[2] + corner[2];
  }

  private int flippedRow(int z, int y, int flip) {
    int fz = (flip & 1) == 0 ? z : window[0] - 1 - z;
    int fy = (flip & 2) == 0 ? y : window[1] - 1 - y;
    return (fz * window[1] + fy) * window[2];
  }

  /**
   * Divides the sums by their weights.
   *
   * @param scores [D, H, W, C]
   * @param flips how many flips of each window were added
   */
  void normalize(float[] scores, int classes, int flips) {
    // The corners are every combination of the starts along the axes, so the sum of the products
    // of weights is the product of their sums.
    double[] z = sums(0);
    double[] y = sums(1);
    double[] x = sums(2);
    int at = 0;
    for (int d = 0; d < extents[0]; d++) {
      for (int h = 0; h < extents[1]; h++) {
        double rowScale = 1 / (z[d] * y[h] * flips);
        for (int w = 0; w < extents[2]; w++) {
          float scale = (float) (rowScale / x[w]);
          for (int c = 0; c < classes; c++) {
            scores[at++] *= scale;
          }
        }
      }
    }
  }

  /** Sum of the weights of all windows at each position along an axis. */
  private double[] sums(int axis) {
    double[] sums = new double[extents[axis]];
    for (int start : starts[axis]) {
      for (int i = Math.max(0, -start); i < window[axis] && start + i < sums.length; i++) {
        sums[start + i] += weights[axis][i];
      }
    }
    return sums;
  }

  /** The class of highest score at each voxel; the lower class where two are equal. */
  static int[] argmax(float[] scores, int classes) {
    int[] out = new int[scores.length / classes];
    for (int i = 0; i < out.length; i++) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        best = scores[i * classes + c] > scores[i * classes + best] ? c : best;
      }
      out[i] = best;
    }
    return out;
  }
}
