package io.med3dinsight.engine.cpu.simd;

import io.med3dinsight.engine.cpu.GemmKernel;
import io.med3dinsight.engine.cpu.GemmPanel;
import jdk.incubator.vector.FloatVector;

/** Matrix product blocks from register tiles of 8 or 4 rows by two vectors or one. */
final class SimdGemm implements GemmKernel {
  private static final int VL = FloatVector.SPECIES_PREFERRED.length();

  /**
   * 8 x 2 accumulators need more than the 16 vector registers that machines without AVX-512 have.
   */
  private static final int ROWS = VL >= 16 ? 8 : 4;

  @Override
  public int columns() {
    return 2 * VL;
  }

  @Override
  public int vector() {
    return VL;
  }

  @Override
  public void multiply(GemmPanel p) {
    boolean wide = p.n > VL;
    boolean whole = p.n == VL || p.n == 2 * VL;
    int stepA = p.aByColumns ? 1 : GemmPanel.ROW_STRIDE;
    for (int i = 0; i < p.m; ) {
      int left = p.m - i;
      int rows = left > 4 ? ROWS : 4;
      int ao = p.ao + i * stepA;
      int co = p.co + i * p.ldc;
      if (whole && left >= rows) {
        tile(p, rows, wide, ao, p.c, co, p.ldc, p.add);
      } else {
        tile(p, rows, wide, ao, p.tile, p.to, 2 * VL, false);
        edge(p, Math.min(rows, left), co);
      }
      i += rows;
    }
  }

  private static void tile(
      GemmPanel p, int rows, boolean wide, int ao, float[] c, int co, int ldc, boolean add) {
    if (p.aByColumns) {
      columnTile(p, rows, wide, ao, c, co, ldc, add);
    } else if (rows == 8) {
      if (wide) {
        GemmRowTiles.tile8x2(p, ao, p.bo, c, co, ldc, add);
      } else {
        GemmRowTiles.tile8x1(p, ao, p.bo, c, co, ldc, add);
      }
    } else if (wide) {
      GemmRowTiles.tile4x2(p, ao, p.bo, c, co, ldc, add);
    } else {
      GemmRowTiles.tile4x1(p, ao, p.bo, c, co, ldc, add);
    }
  }

  private static void columnTile(
      GemmPanel p, int rows, boolean wide, int ao, float[] c, int co, int ldc, boolean add) {
    if (rows == 8) {
      if (wide) {
        GemmColumnTiles.tile8x2(p, ao, p.bo, c, co, ldc, add);
      } else {
        GemmColumnTiles.tile8x1(p, ao, p.bo, c, co, ldc, add);
      }
    } else if (wide) {
      GemmColumnTiles.tile4x2(p, ao, p.bo, c, co, ldc, add);
    } else {
      GemmColumnTiles.tile4x1(p, ao, p.bo, c, co, ldc, add);
    }
  }

  private static void edge(GemmPanel p, int rows, int co) {
    for (int r = 0; r < rows; r++) {
      int from = p.to + r * 2 * VL;
      int to = co + r * p.ldc;
      if (p.add) {
        for (int j = 0; j < p.n; j++) {
          p.c[to + j] += p.tile[from + j];
        }
      } else {
        System.arraycopy(p.tile, from, p.c, to, p.n);
      }
    }
  }
}
