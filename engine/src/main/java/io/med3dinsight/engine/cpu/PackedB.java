package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * The right operand of a matrix product, either where it is or packed: for each block of {@link
 * GemmPanel#DEPTH} rows, panels of as many columns as the kernel takes, the last filled up with
 * zeros.
 */
final class PackedB {
  private static final int IN_PLACE_STRIDE = 256;
  private static final int IN_PLACE_ROWS = 16;

  private final Gemm.Matrix b;
  private final int n;
  private final int k;
  private final int width;
  private final int padded;
  private final boolean inPlace;
  private final float[] packed;
  private final int base;

  private PackedB(
      Gemm.Matrix b, int n, int k, int width, boolean inPlace, float[] packed, int base) {
    this.b = b;
    this.n = n;
    this.k = k;
    this.width = width;
    this.padded = (n + width - 1) / width * width;
    this.inPlace = inPlace;
    this.packed = packed;
    this.base = base;
  }

  /** Floats that a packed operand takes. */
  static int size(GemmKernel kernel, int n, int k) {
    int width = kernel.columns();
    return k * ((n + width - 1) / width * width);
  }

  int columns() {
    return n;
  }

  /**
   * Whether packing would cost more than it brings: rows close together, or used only a few times.
   */
  static boolean inPlace(GemmKernel kernel, int m, int n, Gemm.Matrix b) {
    return !b.transposed()
        && n % kernel.vector() == 0
        && (b.stride() <= IN_PLACE_STRIDE || m <= IN_PLACE_ROWS);
  }

  static PackedB of(
      GemmKernel kernel, int m, int n, int k, Gemm.Matrix b, float[] packed, int base) {
    return new PackedB(b, n, k, kernel.columns(), inPlace(kernel, m, n, b), packed, base);
  }

  /** Packs columns j0 to j1; j0 is a multiple of the panel's width. */
  void pack(int j0, int j1) {
    if (inPlace) {
      return;
    }
    for (int p = 0; p < k; p += GemmPanel.DEPTH) {
      int depth = Math.min(GemmPanel.DEPTH, k - p);
      for (int j = j0; j < j1; j += width) {
        panel(p, depth, j, Math.min(width, n - j), panelAt(p, depth, j));
      }
    }
  }

  private int panelAt(int p, int depth, int j) {
    return base + p * padded + j * depth;
  }

  private void panel(int p, int depth, int j, int columns, int to) {
    if (b.transposed()) {
      transpose(p, depth, j, columns, to);
    } else {
      for (int q = 0; q < depth; q++) {
        System.arraycopy(b.data(), b.at(p + q, j), packed, to + q * width, columns);
      }
    }
    if (columns < width) {
      for (int q = 0; q < depth; q++) {
        Arrays.fill(packed, to + q * width + columns, to + (q + 1) * width, 0f);
      }
    }
  }

  private void transpose(int p, int depth, int j, int columns, int to) {
    float[] x = b.data();
    int ld = b.stride();
    int c = 0;
    for (; c + 4 <= columns; c += 4) {
      int s = b.at(p, j + c);
      for (int q = 0; q < depth; q++) {
        int d = to + q * width + c;
        packed[d] = x[s + q];
        packed[d + 1] = x[s + ld + q];
        packed[d + 2] = x[s + 2 * ld + q];
        packed[d + 3] = x[s + 3 * ld + q];
      }
    }
    for (; c < columns; c++) {
      int s = b.at(p, j + c);
      for (int q = 0; q < depth; q++) {
        packed[to + q * width + c] = x[s + q];
      }
    }
  }

  /** Points the block at rows p ... and columns j ... */
  void select(GemmPanel g, int p, int j) {
    if (inPlace) {
      g.b = b.data();
      g.bo = b.at(p, j);
      g.ldb = b.stride();
    } else {
      g.b = packed;
      g.bo = panelAt(p, g.k, j);
      g.ldb = width;
    }
  }
}
