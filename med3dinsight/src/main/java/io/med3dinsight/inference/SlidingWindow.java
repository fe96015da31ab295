package io.med3dinsight.inference;

import io.med3dinsight.volume.Channels;
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
  private final double[][] sums;

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
    sums = new double[3][];
    for (int a = 0; a < 3; a++) {
      starts[a] = starts(extents[a], window[a], (1 - overlap) * window[a]);
      weights[a] = gaussian(window[a]);
      sums[a] = sums(a);
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

  /** First planes of the layers of windows, ascending; negative before the volume. */
  int[] layers() {
    return starts[0].clone();
  }

  /**
   * Lower corners (d, h, w) of a layer's windows that reach rows of the volume; negative where a
   * window begins before the volume.
   *
   * @param layer first plane, one of {@link #layers}
   */
  List<int[]> corners(int layer, int firstRow, int rows) {
    List<int[]> out = new ArrayList<>();
    for (int y : starts[1]) {
      if (y < firstRow + rows && y + window[1] > firstRow) {
        for (int x : starts[2]) {
          out.add(new int[] {layer, y, x});
        }
      }
    }
    return out;
  }

  /** Lower corners (d, h, w) of all windows. */
  List<int[]> corners() {
    List<int[]> out = new ArrayList<>();
    for (int layer : starts[0]) {
      out.addAll(corners(layer, 0, extents[1]));
    }
    return out;
  }

  /** Planes of a window. */
  int depth() {
    return window[0];
  }

  /** How many planes of scores {@link ScoreSlab} must hold: a window's, and the one before. */
  int planes() {
    return Math.min(window[0], extents[0]) + 1;
  }

  /** Number of voxels of a window. */
  int size() {
    return window[0] * window[1] * window[2];
  }

  /**
   * Copies a window out of a volume of several channels.
   *
   * @param channels [channel][D, H, W]
   * @param out [d, h, w, channel], from element {@code at} on
   */
  void cut(float[][] channels, int[] corner, int flip, float[] out, int at) {
    if (channels.length == 1) {
      cut(channels[0], corner, flip, out, at);
      return;
    }
    float[] one = new float[size()];
    for (int c = 0; c < channels.length; c++) {
      cut(channels[c], corner, flip, one, 0);
      Channels.interleave(one, 0, one.length, out, at, c, channels.length);
    }
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
   * Adds one plane of a window's class scores, weighted, to those of the volume.
   *
   * @param part [d, h, w, C] of a window that was cut with {@code flip}, from element {@code at} on
   * @param z the window's plane
   */
  void add(float[] part, int at, int flip, int z, int[] corner, ScoreSlab scores) {
    int d = corner[0] + z;
    if (d < 0 || d >= extents[0]) {
      return;
    }
    int classes = scores.classes();
    float[] plane = scores.plane(d);
    int first = Math.max(0, -corner[2]);
    int last = Math.min(window[2], extents[2] - corner[2]);
    int step = (flip & 4) == 0 ? classes : -classes;
    for (int y = 0; y < window[1]; y++) {
      if (!inside(corner, z, y) || !scores.holds(corner[1] + y)) {
        continue;
      }
      double rowWeight = weights[0][z] * weights[1][y];
      int to = scores.row(corner[1] + y) + (corner[2] + first) * classes;
      int column = (flip & 4) == 0 ? first : window[2] - 1 - first;
      int from = at + (flippedRow(z, y, flip) + column) * classes;
      for (int x = first; x < last; x++, from += step, to += classes) {
        float weight = (float) (rowWeight * weights[2][x]);
        for (int c = 0; c < classes; c++) {
          plane[to + c] += weight * part[from + c];
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
   * Divides a plane's sums by their weights.
   *
   * @param flips how many flips of each window were added
   */
  void normalize(ScoreSlab scores, int d, int flips) {
    // The corners are every combination of the starts along the axes, so the sum of the products
    // of weights is the product of their sums.
    float[] plane = scores.plane(d);
    int at = 0;
    for (int h = scores.firstRow(); h < scores.firstRow() + scores.rows(); h++) {
      double rowScale = 1 / (sums[0][d] * sums[1][h] * flips);
      for (int w = 0; w < extents[2]; w++) {
        float scale = (float) (rowScale / sums[2][w]);
        for (int c = 0; c < scores.classes(); c++) {
          plane[at++] *= scale;
        }
      }
    }
  }

  /** Sum of the weights of all windows at each position along an axis. */
  private double[] sums(int axis) {
    double[] sum = new double[extents[axis]];
    for (int start : starts[axis]) {
      for (int i = Math.max(0, -start); i < window[axis] && start + i < sum.length; i++) {
        sum[start + i] += weights[axis][i];
      }
    }
    return sum;
  }
}
