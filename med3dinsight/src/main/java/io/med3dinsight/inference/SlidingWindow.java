package io.med3dinsight.inference;

import java.util.ArrayList;
import java.util.List;

/**
 * Covers a volume with overlapping windows of the network's patch size and joins their class
 * scores, weighted by a Gaussian that trusts a window's centre more than its edge (Isensee et al.
 * 2021, nnU-Net).
 */
public final class SlidingWindow {
  /** Standard deviation of the weights relative to the window. */
  private static final double SIGMA = 0.125;

  private final int[] window;
  private final float[] weights;
  private final double step;

  /**
   * @param window extents of a window along D, H, W
   * @param overlap share of a window that its neighbour covers too, in [0, 1)
   */
  public SlidingWindow(int[] window, double overlap) {
    this.window = window.clone();
    this.step = 1 - overlap;
    this.weights = gaussian(window);
  }

  private static float[] gaussian(int[] w) {
    double[][] axis = new double[3][];
    for (int a = 0; a < 3; a++) {
      axis[a] = new double[w[a]];
      for (int i = 0; i < w[a]; i++) {
        double d = (i - (w[a] - 1) / 2.0) / (SIGMA * w[a]);
        axis[a][i] = Math.exp(-0.5 * d * d);
      }
    }
    float[] out = new float[w[0] * w[1] * w[2]];
    int o = 0;
    for (int z = 0; z < w[0]; z++) {
      for (int y = 0; y < w[1]; y++) {
        for (int x = 0; x < w[2]; x++) {
          // Far corners would underflow to nothing and leave a voxel that only they cover without a
          // vote.
          out[o++] = (float) Math.max(1e-4, axis[0][z] * axis[1][y] * axis[2][x]);
        }
      }
    }
    return out;
  }

  /**
   * Lower corners (d, h, w) of the windows that cover a volume at least as large as a window,
   * evenly spread.
   */
  public List<int[]> corners(int[] extents) {
    int[][] starts = new int[3][];
    for (int a = 0; a < 3; a++) {
      int room = extents[a] - window[a];
      int n = room <= 0 ? 1 : (int) Math.ceil(room / Math.max(1, step * window[a])) + 1;
      starts[a] = new int[n];
      for (int i = 0; i < n; i++) {
        starts[a][i] = n == 1 ? 0 : (int) Math.round((double) room * i / (n - 1));
      }
    }
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

  /** Copies the window at {@code corner} out of a volume [D,H,W,C]. */
  public float[] cut(float[] volume, int[] extents, int channels, int[] corner) {
    float[] out = new float[window[0] * window[1] * window[2] * channels];
    int row = window[2] * channels;
    for (int z = 0; z < window[0]; z++) {
      for (int y = 0; y < window[1]; y++) {
        int from =
            (((corner[0] + z) * extents[1] + corner[1] + y) * extents[2] + corner[2]) * channels;
        System.arraycopy(volume, from, out, (z * window[1] + y) * row, row);
      }
    }
    return out;
  }

  /** Adds a window's class scores [d,h,w,C], weighted, to the sums {@code scores} [D,H,W,C]. */
  public void add(float[] windowScores, float[] scores, int[] extents, int classes, int[] corner) {
    int o = 0;
    for (int z = 0; z < window[0]; z++) {
      for (int y = 0; y < window[1]; y++) {
        int to =
            (((corner[0] + z) * extents[1] + corner[1] + y) * extents[2] + corner[2]) * classes;
        for (int x = 0; x < window[2]; x++) {
          float w = weights[(z * window[1] + y) * window[2] + x];
          for (int c = 0; c < classes; c++) {
            scores[to++] += w * windowScores[o++];
          }
        }
      }
    }
  }

  /** The class of highest score at each voxel; the lower class where two are equal. */
  public static int[] argmax(float[] scores, int classes) {
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
