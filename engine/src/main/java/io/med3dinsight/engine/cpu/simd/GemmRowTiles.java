package io.med3dinsight.engine.cpu.simd;

import io.med3dinsight.engine.cpu.GemmPanel;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles of the matrix product for a left operand packed row by row. Each tile is written
 * out in one method: handing accumulators to a helper makes the JIT compiler put them into objects,
 * at a tenth of the speed.
 */
final class GemmRowTiles {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int VL = S.length();
  private static final int RS = GemmPanel.ROW_STRIDE;

  private GemmRowTiles() {}

  /** 8 rows by 2 vectors. */
  static void tile8x2(GemmPanel t, int ao, int bo, float[] c, int co, int ldc, boolean add) {
    float[] a = t.a;
    float[] b = t.b;
    int ldb = t.ldb;
    int depth = t.k;
    FloatVector c00 = FloatVector.zero(S);
    FloatVector c01 = FloatVector.zero(S);
    FloatVector c10 = FloatVector.zero(S);
    FloatVector c11 = FloatVector.zero(S);
    FloatVector c20 = FloatVector.zero(S);
    FloatVector c21 = FloatVector.zero(S);
    FloatVector c30 = FloatVector.zero(S);
    FloatVector c31 = FloatVector.zero(S);
    FloatVector c40 = FloatVector.zero(S);
    FloatVector c41 = FloatVector.zero(S);
    FloatVector c50 = FloatVector.zero(S);
    FloatVector c51 = FloatVector.zero(S);
    FloatVector c60 = FloatVector.zero(S);
    FloatVector c61 = FloatVector.zero(S);
    FloatVector c70 = FloatVector.zero(S);
    FloatVector c71 = FloatVector.zero(S);
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(S, b, bo);
      FloatVector b1 = FloatVector.fromArray(S, b, bo + VL);
      FloatVector x = FloatVector.broadcast(S, a[ao]);
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(S, a[ao + 1 * RS]);
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = FloatVector.broadcast(S, a[ao + 2 * RS]);
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(S, a[ao + 3 * RS]);
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = FloatVector.broadcast(S, a[ao + 4 * RS]);
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = FloatVector.broadcast(S, a[ao + 5 * RS]);
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
      x = FloatVector.broadcast(S, a[ao + 6 * RS]);
      c60 = x.fma(b0, c60);
      c61 = x.fma(b1, c61);
      x = FloatVector.broadcast(S, a[ao + 7 * RS]);
      c70 = x.fma(b0, c70);
      c71 = x.fma(b1, c71);
      ao++;
      bo += ldb;
    }
    if (add) {
      c00 = c00.add(FloatVector.fromArray(S, c, co));
      c01 = c01.add(FloatVector.fromArray(S, c, co + VL));
      c10 = c10.add(FloatVector.fromArray(S, c, co + ldc));
      c11 = c11.add(FloatVector.fromArray(S, c, co + ldc + VL));
      c20 = c20.add(FloatVector.fromArray(S, c, co + 2 * ldc));
      c21 = c21.add(FloatVector.fromArray(S, c, co + 2 * ldc + VL));
      c30 = c30.add(FloatVector.fromArray(S, c, co + 3 * ldc));
      c31 = c31.add(FloatVector.fromArray(S, c, co + 3 * ldc + VL));
      c40 = c40.add(FloatVector.fromArray(S, c, co + 4 * ldc));
      c41 = c41.add(FloatVector.fromArray(S, c, co + 4 * ldc + VL));
      c50 = c50.add(FloatVector.fromArray(S, c, co + 5 * ldc));
      c51 = c51.add(FloatVector.fromArray(S, c, co + 5 * ldc + VL));
      c60 = c60.add(FloatVector.fromArray(S, c, co + 6 * ldc));
      c61 = c61.add(FloatVector.fromArray(S, c, co + 6 * ldc + VL));
      c70 = c70.add(FloatVector.fromArray(S, c, co + 7 * ldc));
      c71 = c71.add(FloatVector.fromArray(S, c, co + 7 * ldc + VL));
    }
    c00.intoArray(c, co);
    c01.intoArray(c, co + VL);
    c10.intoArray(c, co + ldc);
    c11.intoArray(c, co + ldc + VL);
    c20.intoArray(c, co + 2 * ldc);
    c21.intoArray(c, co + 2 * ldc + VL);
    c30.intoArray(c, co + 3 * ldc);
    c31.intoArray(c, co + 3 * ldc + VL);
    c40.intoArray(c, co + 4 * ldc);
    c41.intoArray(c, co + 4 * ldc + VL);
    c50.intoArray(c, co + 5 * ldc);
    c51.intoArray(c, co + 5 * ldc + VL);
    c60.intoArray(c, co + 6 * ldc);
    c61.intoArray(c, co + 6 * ldc + VL);
    c70.intoArray(c, co + 7 * ldc);
    c71.intoArray(c, co + 7 * ldc + VL);
  }

  /** 8 rows by 1 vector. */
  static void tile8x1(GemmPanel t, int ao, int bo, float[] c, int co, int ldc, boolean add) {
    float[] a = t.a;
    float[] b = t.b;
    int ldb = t.ldb;
    int depth = t.k;
    FloatVector c00 = FloatVector.zero(S);
    FloatVector c10 = FloatVector.zero(S);
    FloatVector c20 = FloatVector.zero(S);
    FloatVector c30 = FloatVector.zero(S);
    FloatVector c40 = FloatVector.zero(S);
    FloatVector c50 = FloatVector.zero(S);
    FloatVector c60 = FloatVector.zero(S);
    FloatVector c70 = FloatVector.zero(S);
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(S, b, bo);
      FloatVector x = FloatVector.broadcast(S, a[ao]);
      c00 = x.fma(b0, c00);
      x = FloatVector.broadcast(S, a[ao + 1 * RS]);
      c10 = x.fma(b0, c10);
      x = FloatVector.broadcast(S, a[ao + 2 * RS]);
      c20 = x.fma(b0, c20);
      x = FloatVector.broadcast(S, a[ao + 3 * RS]);
      c30 = x.fma(b0, c30);
      x = FloatVector.broadcast(S, a[ao + 4 * RS]);
      c40 = x.fma(b0, c40);
      x = FloatVector.broadcast(S, a[ao + 5 * RS]);
      c50 = x.fma(b0, c50);
      x = FloatVector.broadcast(S, a[ao + 6 * RS]);
      c60 = x.fma(b0, c60);
      x = FloatVector.broadcast(S, a[ao + 7 * RS]);
      c70 = x.fma(b0, c70);
      ao++;
      bo += ldb;
    }
    if (add) {
      c00 = c00.add(FloatVector.fromArray(S, c, co));
      c10 = c10.add(FloatVector.fromArray(S, c, co + ldc));
      c20 = c20.add(FloatVector.fromArray(S, c, co + 2 * ldc));
      c30 = c30.add(FloatVector.fromArray(S, c, co + 3 * ldc));
      c40 = c40.add(FloatVector.fromArray(S, c, co + 4 * ldc));
      c50 = c50.add(FloatVector.fromArray(S, c, co + 5 * ldc));
      c60 = c60.add(FloatVector.fromArray(S, c, co + 6 * ldc));
      c70 = c70.add(FloatVector.fromArray(S, c, co + 7 * ldc));
    }
    c00.intoArray(c, co);
    c10.intoArray(c, co + ldc);
    c20.intoArray(c, co + 2 * ldc);
    c30.intoArray(c, co + 3 * ldc);
    c40.intoArray(c, co + 4 * ldc);
    c50.intoArray(c, co + 5 * ldc);
    c60.intoArray(c, co + 6 * ldc);
    c70.intoArray(c, co + 7 * ldc);
  }

  /** 4 rows by 2 vectors. */
  static void tile4x2(GemmPanel t, int ao, int bo, float[] c, int co, int ldc, boolean add) {
    float[] a = t.a;
    float[] b = t.b;
    int ldb = t.ldb;
    int depth = t.k;
    FloatVector c00 = FloatVector.zero(S);
    FloatVector c01 = FloatVector.zero(S);
    FloatVector c10 = FloatVector.zero(S);
    FloatVector c11 = FloatVector.zero(S);
    FloatVector c20 = FloatVector.zero(S);
    FloatVector c21 = FloatVector.zero(S);
    FloatVector c30 = FloatVector.zero(S);
    FloatVector c31 = FloatVector.zero(S);
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(S, b, bo);
      FloatVector b1 = FloatVector.fromArray(S, b, bo + VL);
      FloatVector x = FloatVector.broadcast(S, a[ao]);
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(S, a[ao + 1 * RS]);
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = FloatVector.broadcast(S, a[ao + 2 * RS]);
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(S, a[ao + 3 * RS]);
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      ao++;
      bo += ldb;
    }
    if (add) {
      c00 = c00.add(FloatVector.fromArray(S, c, co));
      c01 = c01.add(FloatVector.fromArray(S, c, co + VL));
      c10 = c10.add(FloatVector.fromArray(S, c, co + ldc));
      c11 = c11.add(FloatVector.fromArray(S, c, co + ldc + VL));
      c20 = c20.add(FloatVector.fromArray(S, c, co + 2 * ldc));
      c21 = c21.add(FloatVector.fromArray(S, c, co + 2 * ldc + VL));
      c30 = c30.add(FloatVector.fromArray(S, c, co + 3 * ldc));
      c31 = c31.add(FloatVector.fromArray(S, c, co + 3 * ldc + VL));
    }
    c00.intoArray(c, co);
    c01.intoArray(c, co + VL);
    c10.intoArray(c, co + ldc);
    c11.intoArray(c, co + ldc + VL);
    c20.intoArray(c, co + 2 * ldc);
    c21.intoArray(c, co + 2 * ldc + VL);
    c30.intoArray(c, co + 3 * ldc);
    c31.intoArray(c, co + 3 * ldc + VL);
  }

  /** 4 rows by 1 vector. */
  static void tile4x1(GemmPanel t, int ao, int bo, float[] c, int co, int ldc, boolean add) {
    float[] a = t.a;
    float[] b = t.b;
    int ldb = t.ldb;
    int depth = t.k;
    FloatVector c00 = FloatVector.zero(S);
    FloatVector c10 = FloatVector.zero(S);
    FloatVector c20 = FloatVector.zero(S);
    FloatVector c30 = FloatVector.zero(S);
    for (int p = 0; p < depth; p++) {
      FloatVector b0 = FloatVector.fromArray(S, b, bo);
      FloatVector x = FloatVector.broadcast(S, a[ao]);
      c00 = x.fma(b0, c00);
      x = FloatVector.broadcast(S, a[ao + 1 * RS]);
      c10 = x.fma(b0, c10);
      x = FloatVector.broadcast(S, a[ao + 2 * RS]);
      c20 = x.fma(b0, c20);
      x = FloatVector.broadcast(S, a[ao + 3 * RS]);
      c30 = x.fma(b0, c30);
      ao++;
      bo += ldb;
    }
    if (add) {
      c00 = c00.add(FloatVector.fromArray(S, c, co));
      c10 = c10.add(FloatVector.fromArray(S, c, co + ldc));
      c20 = c20.add(FloatVector.fromArray(S, c, co + 2 * ldc));
      c30 = c30.add(FloatVector.fromArray(S, c, co + 3 * ldc));
    }
    c00.intoArray(c, co);
    c10.intoArray(c, co + ldc);
    c20.intoArray(c, co + 2 * ldc);
    c30.intoArray(c, co + 3 * ldc);
  }
}
