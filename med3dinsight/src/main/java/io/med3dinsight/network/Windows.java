package io.med3dinsight.network;

import io.med3dinsight.engine.function.Arrangement;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;

/**
 * How a grid of tokens is cut into the windows of shifted-window attention (Liu et al. 2021, arXiv
 * 2103.14030): zeros are added behind each axis up to whole windows, and the grid is rolled back by
 * the shift.
 *
 * <p>Shapes: N batch; D H W extents of the grid, D' H' W' after padding; B windows of T tokens
 * each; heads A of width d, C = A d.
 *
 * @param extents D, H, W
 * @param window extents of a window
 * @param shift along D, H, W; 0 for none
 */
record Windows(int[] extents, int[] window, int[] shift) {
  /** The window's tokens. */
  int tokens() {
    return window[0] * window[1] * window[2];
  }

  /** Windows along an axis. */
  private int along(int axis) {
    return (extents[axis] + window[axis] - 1) / window[axis];
  }

  /** All windows. */
  int count() {
    return along(0) * along(1) * along(2);
  }

  boolean padded() {
    for (int a = 0; a < 3; a++) {
      if (extents[a] % window[a] != 0) {
        return true;
      }
    }
    return false;
  }

  boolean shifted() {
    return shift[0] != 0 || shift[1] != 0 || shift[2] != 0;
  }

  /** [N,D,H,W,C] padded and rolled, [N,D',H',W',C]. */
  Tensor enter(Tensor x) {
    Tensor y = x;
    if (padded()) {
      int[] after = new int[5];
      for (int a = 0; a < 3; a++) {
        after[a + 1] = along(a) * window[a] - extents[a];
      }
      y = Arrangement.pad(y, new int[5], after, 0f);
    }
    return shifted()
        ? Arrangement.roll(y, new int[] {-shift[0], -shift[1], -shift[2]}, new int[] {1, 2, 3})
        : y;
  }

  /** The way back from {@link #enter}. */
  Tensor leave(Tensor y) {
    Tensor x = shifted() ? Arrangement.roll(y, shift, new int[] {1, 2, 3}) : y;
    return padded() ? Grids.crop(x, extents) : x;
  }

  /** [N,D',H',W',C] as heads of windows [N,B,A,T,d]. */
  Tensor split(Tensor x, int heads) {
    int n = x.dim(0);
    int d = x.dim(4) / heads;
    int[] w = window;
    return x.reshape(n, along(0), w[0], along(1), w[1], along(2), w[2], heads, d)
        .permute(0, 1, 3, 5, 7, 2, 4, 6, 8)
        .reshape(n, count(), heads, tokens(), d);
  }

  /** The way back from {@link #split}. */
  Tensor merge(Tensor y) {
    int n = y.dim(0);
    int heads = y.dim(2);
    int d = y.dim(4);
    int[] w = window;
    return y.reshape(n, along(0), along(1), along(2), heads, w[0], w[1], w[2], d)
        .permute(0, 1, 5, 2, 6, 3, 7, 4, 8)
        .reshape(n, along(0) * w[0], along(1) * w[1], along(2) * w[2], heads * d);
  }

  /**
   * Which tokens of a window see each other [B,1,T,T], 1 where they do.
   *
   * @param partEnds whether in windows that the roll has put together from both ends of the grid
   *     only those see each other that were neighbours before
   * @param hidePadding whether no token sees those that padding added
   * @return null when all see all
   */
  int[] mask(boolean partEnds, boolean hidePadding) {
    if (!(partEnds && shifted()) && !(hidePadding && padded())) {
      return null;
    }
    int t = tokens();
    int[] mask = new int[Math.multiplyExact(count(), Math.multiplyExact(t, t))];
    int[] region = new int[t];
    int at = 0;
    for (int wz = 0; wz < along(0); wz++) {
      for (int wy = 0; wy < along(1); wy++) {
        for (int wx = 0; wx < along(2); wx++) {
          regions(new int[] {wz, wy, wx}, partEnds, hidePadding, region);
          for (int q = 0; q < t; q++) {
            for (int k = 0; k < t; k++) {
              mask[at++] = region[k] >= 0 && (region[q] < 0 || region[q] == region[k]) ? 1 : 0;
            }
          }
        }
      }
    }
    return mask;
  }

  /** A number for each token of a window, equal where tokens see each other; -1 for hidden ones. */
  private void regions(int[] at, boolean partEnds, boolean hidePadding, int[] region) {
    int i = 0;
    for (int z = 0; z < window[0]; z++) {
      for (int y = 0; y < window[1]; y++) {
        for (int x = 0; x < window[2]; x++) {
          int[] token = {z, y, x};
          int number = 0;
          boolean hidden = false;
          for (int a = 0; a < 3; a++) {
            int end = along(a) * window[a];
            int here = at[a] * window[a] + token[a];
            if (partEnds) {
              number = 3 * number + (here < end - window[a] ? 0 : here < end - shift[a] ? 1 : 2);
            }
            hidden |= hidePadding && (here + shift[a]) % end >= extents[a];
          }
          region[i++] = hidden ? -1 : number;
        }
      }
    }
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Windows w
        && Arrays.equals(extents, w.extents)
        && Arrays.equals(window, w.window)
        && Arrays.equals(shift, w.shift);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents) * 31 + Arrays.hashCode(window) * 7 + Arrays.hashCode(shift);
  }
}
