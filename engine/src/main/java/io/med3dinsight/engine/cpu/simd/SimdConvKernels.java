package io.med3dinsight.engine.cpu.simd;

import io.med3dinsight.engine.cpu.ConvKernels;
import jdk.incubator.vector.FloatVector;

/**
 * Convolution tiles on the Vector API; a tile's sums, one row of weights and a broadcast value fill
 * the registers.
 */
final class SimdConvKernels implements ConvKernels {
  private static final int LANES = FloatVector.SPECIES_PREFERRED.length();
  private static final int[] GATHER_1 = {2, 4, 8, 12, 16, 24};
  private static final int[] GATHER_2 = {2, 4, 6, 8, 10, 12};
  private static final int[] NARROW = {4, 8, 12};

  @Override
  public int lanes() {
    return LANES;
  }

  /** 512-bit machines have 32 registers, narrower ones 16. */
  @Override
  public int maxRows(int vectors) {
    if (LANES >= 16) {
      return vectors == 2 ? 12 : 24;
    }
    return vectors == 2 ? 6 : 12;
  }

  @Override
  public int gatherRows(int rows, int vectors) {
    return atLeast(vectors == 2 ? GATHER_2 : GATHER_1, rows);
  }

  @Override
  public int narrowRows(int rows, int vectors) {
    return Math.min(atLeast(NARROW, Math.min(rows, 12)), atMost(NARROW, maxRows(vectors)));
  }

  private static int atLeast(int[] sizes, int rows) {
    for (int s : sizes) {
      if (s >= rows) {
        return s;
      }
    }
    throw none(rows);
  }

  private static int atMost(int[] sizes, int rows) {
    int best = sizes[0];
    for (int s : sizes) {
      best = s <= rows ? s : best;
    }
    return best;
  }

  private static IllegalArgumentException none(int rows) {
    return new IllegalArgumentException("no tile of " + rows + " rows");
  }

  @Override
  public void gather(
      int rows,
      int vectors,
      float[] w,
      int wo,
      int[] table,
      int from,
      int to,
      float[] x,
      int xo,
      float[] s,
      int so,
      int ss,
      float[] y,
      int yo,
      int ys) {
    if (vectors == 2) {
      gather2(rows, w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
    } else {
      gather1(rows, w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
    }
  }

  @Override
  public void narrow(
      int rows,
      int vectors,
      float[] x,
      int xo,
      int xs,
      int[] table,
      int first,
      float[] dy,
      int yo,
      int ys,
      int n,
      float[] dw,
      int wo,
      int ws) {
    if (vectors == 2) {
      narrow2(rows, x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
    } else {
      narrow1(rows, x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
    }
  }

  private static void gather2(
      int rows,
      float[] w,
      int wo,
      int[] table,
      int from,
      int to,
      float[] x,
      int xo,
      float[] s,
      int so,
      int ss,
      float[] y,
      int yo,
      int ys) {
    switch (rows) {
      case 2:
        ConvTiles2.f2x2(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 4:
        ConvTiles2.f4x2(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 6:
        ConvTiles2.f6x2(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 8:
        ConvTiles2.f8x2(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 10:
        ConvTiles2Tall.f10x2(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 12:
        ConvTiles2Tall.f12x2(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      default:
        throw none(rows);
    }
  }

  private static void gather1(
      int rows,
      float[] w,
      int wo,
      int[] table,
      int from,
      int to,
      float[] x,
      int xo,
      float[] s,
      int so,
      int ss,
      float[] y,
      int yo,
      int ys) {
    switch (rows) {
      case 2:
        ConvTiles1.f2x1(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 4:
        ConvTiles1.f4x1(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 8:
        ConvTiles1.f8x1(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 12:
        ConvTiles1.f12x1(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 16:
        ConvTiles1Tall.f16x1(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      case 24:
        ConvTiles1Tall.f24x1(w, wo, table, from, to, x, xo, s, so, ss, y, yo, ys);
        break;
      default:
        throw none(rows);
    }
  }

  private static void narrow2(
      int rows,
      float[] x,
      int xo,
      int xs,
      int[] table,
      int first,
      float[] dy,
      int yo,
      int ys,
      int n,
      float[] dw,
      int wo,
      int ws) {
    switch (rows) {
      case 4:
        ConvNarrowTiles2.n4x2(x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
        break;
      case 8:
        ConvNarrowTiles2.n8x2(x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
        break;
      case 12:
        ConvNarrowTiles2.n12x2(x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
        break;
      default:
        throw none(rows);
    }
  }

  private static void narrow1(
      int rows,
      float[] x,
      int xo,
      int xs,
      int[] table,
      int first,
      float[] dy,
      int yo,
      int ys,
      int n,
      float[] dw,
      int wo,
      int ws) {
    switch (rows) {
      case 4:
        ConvNarrowTiles1.n4x1(x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
        break;
      case 8:
        ConvNarrowTiles1.n8x1(x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
        break;
      case 12:
        ConvNarrowTiles1.n12x1(x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
        break;
      default:
        throw none(rows);
    }
  }
}
