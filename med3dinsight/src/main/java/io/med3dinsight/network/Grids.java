package io.med3dinsight.network;

import io.med3dinsight.engine.function.Arrangement;
import io.med3dinsight.engine.tensor.Tensor;

/** Extents of volumes and grids of tokens [N,D,H,W,C]. */
final class Grids {
  private Grids() {}

  static int[] extents(Tensor x) {
    return new int[] {x.dim(1), x.dim(2), x.dim(3)};
  }

  /** Zeros behind each axis up to a multiple of {@code unit}. */
  static Tensor padTo(Tensor x, int[] unit) {
    int[] wanted = extents(x);
    for (int a = 0; a < 3; a++) {
      wanted[a] = (wanted[a] + unit[a] - 1) / unit[a] * unit[a];
    }
    return fit(x, wanted);
  }

  /** The first voxels along each axis, with zeros behind them where there are too few. */
  static Tensor fit(Tensor x, int[] extents) {
    int[] after = new int[5];
    boolean pads = false;
    int[] kept = extents(x);
    for (int a = 0; a < 3; a++) {
      after[a + 1] = Math.max(0, extents[a] - x.dim(a + 1));
      pads |= after[a + 1] > 0;
      kept[a] = Math.min(kept[a], extents[a]);
    }
    Tensor y = crop(x, kept);
    return pads ? Arrangement.pad(y, new int[5], after, 0f) : y;
  }

  /** The first voxels along each axis. */
  static Tensor crop(Tensor x, int[] extents) {
    Tensor y = x;
    for (int a = 0; a < 3; a++) {
      if (y.dim(a + 1) != extents[a]) {
        y = y.slice(a + 1, 0, extents[a]);
      }
    }
    return y;
  }
}
