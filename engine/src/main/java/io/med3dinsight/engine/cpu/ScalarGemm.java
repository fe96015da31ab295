package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Matrix product blocks in plain loops. Rows of B are copied into arrays of their own: the JIT
 * compiler of Java 17 vectorises a loop over several arrays from index 0, but not one over several
 * places of one array.
 */
final class ScalarGemm implements GemmKernel {
  private static final int WIDTH = 256;
  private static final int STEP = 24;

  /** Rows of B and accumulators of one thread. */
  private static final class Rows {
    final float[][] b = new float[STEP][WIDTH];
    final float[] acc = new float[WIDTH];
    final float[] x = new float[STEP];
  }

  private static final ThreadLocal<Rows> ROWS = ThreadLocal.withInitial(Rows::new);

  @Override
  public int columns() {
    return WIDTH;
  }

  @Override
  public int vector() {
    return 1;
  }

  @Override
  public void multiply(GemmPanel p) {
    Rows rows = ROWS.get();
    for (int q = 0; q < p.k; q += STEP) {
      int depth = Math.min(STEP, p.k - q);
      int padded = (depth + 7) / 8 * 8;
      for (int d = 0; d < depth; d++) {
        System.arraycopy(p.b, p.bo + (q + d) * p.ldb, rows.b[d], 0, p.n);
      }
      for (int d = depth; d < padded; d++) {
        Arrays.fill(rows.b[d], 0, p.n, 0f);
      }
      Arrays.fill(rows.x, 0f);
      for (int i = 0; i < p.m; i++) {
        row(p, rows, i, q, depth, padded);
      }
    }
  }

  private static void row(GemmPanel p, Rows rows, int i, int q, int depth, int padded) {
    if (p.aByColumns) {
      for (int d = 0; d < depth; d++) {
        rows.x[d] = p.a[p.ao + (q + d) * p.lda + i];
      }
    } else {
      System.arraycopy(p.a, p.ao + i * GemmPanel.ROW_STRIDE + q, rows.x, 0, depth);
    }
    int co = p.co + i * p.ldc;
    if (p.add || q > 0) {
      System.arraycopy(p.c, co, rows.acc, 0, p.n);
    } else {
      Arrays.fill(rows.acc, 0, p.n, 0f);
    }
    float[] x = rows.x;
    float[][] b = rows.b;
    for (int d = 0; d < padded; d += 8) {
      axpy8(
          rows.acc, b[d], b[d + 1], b[d + 2], b[d + 3], b[d + 4], b[d + 5], b[d + 6], b[d + 7], p.n,
          x, d);
    }
    System.arraycopy(rows.acc, 0, p.c, co, p.n);
  }

  private static void axpy8(
      float[] y,
      float[] b0,
      float[] b1,
      float[] b2,
      float[] b3,
      float[] b4,
      float[] b5,
      float[] b6,
      float[] b7,
      int n,
      float[] x,
      int d) {
    float x0 = x[d];
    float x1 = x[d + 1];
    float x2 = x[d + 2];
    float x3 = x[d + 3];
    float x4 = x[d + 4];
    float x5 = x[d + 5];
    float x6 = x[d + 6];
    float x7 = x[d + 7];
    for (int j = 0; j < n; j++) {
      float s = Math.fma(x0, b0[j], y[j]);
      s = Math.fma(x1, b1[j], s);
      s = Math.fma(x2, b2[j], s);
      s = Math.fma(x3, b3[j], s);
      s = Math.fma(x4, b4[j], s);
      s = Math.fma(x5, b5[j], s);
      s = Math.fma(x6, b6[j], s);
      y[j] = Math.fma(x7, b7[j], s);
    }
  }
}
