package io.med3dinsight.engine.cpu.simd;

import io.med3dinsight.engine.cpu.ConvDepthwiseKernels;
import jdk.incubator.vector.FloatVector;

/** Depthwise tiles on the Vector API. */
final class SimdDepthwise implements ConvDepthwiseKernels {
  @Override
  public int lanes() {
    return FloatVector.SPECIES_PREFERRED.length();
  }

  @Override
  public int maxRows() {
    return 8;
  }

  @Override
  public int rows(int rows) {
    return rows >= 8 ? 8 : rows >= 4 ? 4 : 1;
  }

  @Override
  public int tapRows() {
    return 9;
  }

  @Override
  public void gather(
      int rows,
      float[] w,
      int wo,
      int ws,
      int[] table,
      float[] x,
      int xo,
      int xs,
      float[] b,
      int bo,
      float[] y,
      int yo,
      int ys) {
    switch (rows) {
      case 8:
        ConvDepthwiseTiles.f8(w, wo, ws, table, x, xo, xs, b, bo, y, yo, ys);
        break;
      case 4:
        ConvDepthwiseTiles.f4(w, wo, ws, table, x, xo, xs, b, bo, y, yo, ys);
        break;
      default:
        ConvDepthwiseTiles.f1(w, wo, ws, table, x, xo, xs, b, bo, y, yo, ys);
        break;
    }
  }

  @Override
  public void weight(
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
    ConvDepthwiseTiles.g9(x, xo, xs, table, first, dy, yo, ys, n, dw, wo, ws);
  }
}
