package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DeviceException;
import java.util.Arrays;

/**
 * A copy between two strided patterns, {@code y[sum at_k y_k] = x[sum at_k x_k]}, with axes of
 * extent 1 dropped and neighbours merged that are contiguous in both. Axes are numbered innermost
 * (in y) first.
 */
final class StridedMove {
  /** Axes that a kernel takes. */
  static final int RANK = 8;

  private static final int TILE = 32;
  private static final int TILE_ELEMENTS = TILE * TILE;

  private final int rank;
  private final int[] extent;
  private final int[] x;
  private final int[] y;

  private StridedMove(int rank, int[] extent, int[] x, int[] y) {
    this.rank = rank;
    this.extent = extent;
    this.x = x;
    this.y = y;
  }

  /** Extents and strides in elements, outermost first. */
  static StridedMove of(int[] extents, int[] stridesX, int[] stridesY) {
    int[] e = new int[extents.length];
    int[] x = new int[extents.length];
    int[] y = new int[extents.length];
    int n = 0;
    for (int a = extents.length - 1; a >= 0; a--) {
      if (extents[a] == 1) {
        continue;
      }
      boolean follows =
          n > 0 && stridesX[a] == x[n - 1] * e[n - 1] && stridesY[a] == y[n - 1] * e[n - 1];
      if (follows) {
        e[n - 1] *= extents[a];
      } else {
        e[n] = extents[a];
        x[n] = stridesX[a];
        y[n++] = stridesY[a];
      }
    }
    if (n > RANK) {
      throw new DeviceException(
          "Moving elements on CUDA is limited to "
              + RANK
              + " axes that cannot be merged, but the shape "
              + Arrays.toString(extents)
              + " has "
              + n
              + "; do it in two steps.");
    }
    return new StridedMove(n, Arrays.copyOf(e, n), Arrays.copyOf(x, n), Arrays.copyOf(y, n));
  }

  /** Threads that ask for this many units, of which each thread moves four at a time if narrow. */
  static int threads(int units, int unit) {
    return unit < 16 ? (units + 3) / 4 : units;
  }

  private int elements() {
    int n = 1;
    for (int e : extent) {
      n *= e;
    }
    return n;
  }

  /**
   * @param from address of the element of x with index 0
   * @param to address of the element of y with index 0
   * @param bytes of an element
   */
  void run(CudaBackend cuda, long from, long to, int bytes) {
    if (elements() == 0) {
      return;
    }
    boolean dense = rank == 0 || rank == 1 && x[0] == 1 && y[0] == 1;
    if (dense) {
      cuda.driver().copy(to, from, (long) elements() * bytes);
    } else if (!transposed(cuda, from, to, bytes)) {
      copy(cuda, from, to, bytes);
    }
  }

  private void copy(CudaBackend cuda, long from, long to, int bytes) {
    int unit = bytes;
    if (x[0] == 1 && y[0] == 1) {
      long bits = from | to | (long) extent[0] * bytes;
      for (int k = 1; k < rank; k++) {
        bits |= (long) (x[k] | y[k]) * bytes;
      }
      unit = CudaArrange.unit(bits, bytes);
    }
    int by = unit / bytes;
    int[] e = extent.clone();
    int[] sx = x.clone();
    int[] sy = y.clone();
    e[0] /= by;
    for (int k = 1; k < rank; k++) {
      sx[k] /= by;
      sy[k] /= by;
    }
    int units = elements() / by;
    int[] words =
        new Words().add(units, rank).divisors(RANK, e).padded(RANK, sx).padded(RANK, sy).toArray();
    cuda.kernel("arrange_copy_b" + 8 * unit)
        .over(threads(units, unit))
        .pointer(from)
        .pointer(to)
        .i32s(words)
        .run();
  }

  /** Runs the tiled transposition where that pays. */
  private boolean transposed(CudaBackend cuda, long from, long to, int bytes) {
    int p = 0;
    while (p < rank && x[p] != 1) {
      p++;
    }
    if (p == 0 || p == rank || y[0] != 1) {
      return false;
    }
    int j = extent[0];
    int i = extent[p];
    int tileJ = Math.min(j, TILE);
    int tileP = Math.min(i, TILE);
    if (tileJ < TILE) {
      tileP = Math.min(i, TILE_ELEMENTS / tileJ);
    } else if (tileP < TILE) {
      tileJ = Math.min(j, TILE_ELEMENTS / tileP);
    }
    // A tile of few elements wastes its block: the caches do better.
    if (tileJ * tileP < TILE_ELEMENTS / 4 || rank - 2 > RANK - 2) {
      return false;
    }
    if (bytes == 2 && tileJ == TILE && tileP == TILE && pairs(from | to, p)) {
      launchTiles(cuda, "arrange_transpose_pairs", from, to, p, 2, TILE, TILE, 33);
    } else {
      int pitch = pitch(tileJ, tileP);
      launchTiles(cuda, "arrange_transpose_b" + 8 * bytes, from, to, p, 1, tileJ, tileP, pitch);
    }
    return true;
  }

  /**
   * Words from one row of a tile to the next: such that neighbours along j, and with them the next
   * ones along p where j is short, lie in different banks.
   */
  private static int pitch(int tileJ, int tileP) {
    if (tileJ >= TILE) {
      return tileP | 1;
    }
    int wanted = (TILE + tileJ - 1) / tileJ % TILE;
    int pitch = tileP;
    while (pitch % TILE != wanted) {
      pitch++;
    }
    return pitch;
  }

  private boolean pairs(long addresses, int p) {
    int bits = extent[0] | extent[p];
    for (int k = 0; k < rank; k++) {
      bits |= k == p ? 0 : x[k];
      bits |= k == 0 ? 0 : y[k];
    }
    return (bits & 1) == 0 && (addresses & 3) == 0;
  }

  private void launchTiles(
      CudaBackend cuda,
      String kernel,
      long from,
      long to,
      int p,
      int by,
      int tileJ,
      int tileP,
      int pitch) {
    int j = extent[0] / by;
    int i = extent[p] / by;
    int acrossJ = (j + tileJ - 1) / tileJ;
    int acrossP = (i + tileP - 1) / tileP;
    int matrices = 1;
    int[] e = new int[rank - 2];
    int[] sx = new int[rank - 2];
    int[] sy = new int[rank - 2];
    int n = 0;
    for (int k = 1; k < rank; k++) {
      if (k != p) {
        matrices *= extent[k];
        e[n] = extent[k];
        sx[n] = x[k] / by;
        sy[n++] = y[k] / by;
      }
    }
    int[] words =
        new Words()
            .add(j, i, x[0], y[p])
            .divisor(tileJ)
            .divisor(tileP)
            .add(pitch)
            .divisor(acrossJ)
            .divisor(acrossP)
            .add(n)
            .divisors(RANK - 2, e)
            .padded(RANK - 2, sx)
            .padded(RANK - 2, sy)
            .toArray();
    cuda.kernel(kernel)
        .grid((long) acrossJ * acrossP * matrices)
        .block(256)
        .pointer(from)
        .pointer(to)
        .i32s(words)
        .run();
  }
}
