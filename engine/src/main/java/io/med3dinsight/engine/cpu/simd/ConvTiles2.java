package io.med3dinsight.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles: positions of one row by two vectors of output channels. Written by {@code
 * codegen/conv_kernels.py}.
 */
final class ConvTiles2 {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int L = S.length();

  private ConvTiles2() {}

  static void f2x2(
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
    FloatVector a0_0 = FloatVector.zero(S);
    FloatVector a0_1 = FloatVector.zero(S);
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a1_1 = FloatVector.zero(S);
    for (int t = from; t < to; t++) {
      int o = xo + table[t];
      FloatVector b0 = FloatVector.fromArray(S, w, wo);
      FloatVector b1 = FloatVector.fromArray(S, w, wo + L);
      FloatVector a;
      a = FloatVector.broadcast(S, x[o]);
      a0_0 = a.fma(b0, a0_0);
      a0_1 = a.fma(b1, a0_1);
      a = FloatVector.broadcast(S, x[o + 1]);
      a1_0 = a.fma(b0, a1_0);
      a1_1 = a.fma(b1, a1_1);
      wo += 2 * L;
    }
    a0_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a0_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a1_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a1_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
  }

  static void f4x2(
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
    FloatVector a0_0 = FloatVector.zero(S);
    FloatVector a0_1 = FloatVector.zero(S);
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a1_1 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a2_1 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    FloatVector a3_1 = FloatVector.zero(S);
    for (int t = from; t < to; t++) {
      int o = xo + table[t];
      FloatVector b0 = FloatVector.fromArray(S, w, wo);
      FloatVector b1 = FloatVector.fromArray(S, w, wo + L);
      FloatVector a;
      a = FloatVector.broadcast(S, x[o]);
      a0_0 = a.fma(b0, a0_0);
      a0_1 = a.fma(b1, a0_1);
      a = FloatVector.broadcast(S, x[o + 1]);
      a1_0 = a.fma(b0, a1_0);
      a1_1 = a.fma(b1, a1_1);
      a = FloatVector.broadcast(S, x[o + 2]);
      a2_0 = a.fma(b0, a2_0);
      a2_1 = a.fma(b1, a2_1);
      a = FloatVector.broadcast(S, x[o + 3]);
      a3_0 = a.fma(b0, a3_0);
      a3_1 = a.fma(b1, a3_1);
      wo += 2 * L;
    }
    a0_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a0_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a1_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a1_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a2_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a2_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a3_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a3_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
  }

  static void f6x2(
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
    FloatVector a0_0 = FloatVector.zero(S);
    FloatVector a0_1 = FloatVector.zero(S);
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a1_1 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a2_1 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    FloatVector a3_1 = FloatVector.zero(S);
    FloatVector a4_0 = FloatVector.zero(S);
    FloatVector a4_1 = FloatVector.zero(S);
    FloatVector a5_0 = FloatVector.zero(S);
    FloatVector a5_1 = FloatVector.zero(S);
    for (int t = from; t < to; t++) {
      int o = xo + table[t];
      FloatVector b0 = FloatVector.fromArray(S, w, wo);
      FloatVector b1 = FloatVector.fromArray(S, w, wo + L);
      FloatVector a;
      a = FloatVector.broadcast(S, x[o]);
      a0_0 = a.fma(b0, a0_0);
      a0_1 = a.fma(b1, a0_1);
      a = FloatVector.broadcast(S, x[o + 1]);
      a1_0 = a.fma(b0, a1_0);
      a1_1 = a.fma(b1, a1_1);
      a = FloatVector.broadcast(S, x[o + 2]);
      a2_0 = a.fma(b0, a2_0);
      a2_1 = a.fma(b1, a2_1);
      a = FloatVector.broadcast(S, x[o + 3]);
      a3_0 = a.fma(b0, a3_0);
      a3_1 = a.fma(b1, a3_1);
      a = FloatVector.broadcast(S, x[o + 4]);
      a4_0 = a.fma(b0, a4_0);
      a4_1 = a.fma(b1, a4_1);
      a = FloatVector.broadcast(S, x[o + 5]);
      a5_0 = a.fma(b0, a5_0);
      a5_1 = a.fma(b1, a5_1);
      wo += 2 * L;
    }
    a0_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a0_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a1_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a1_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a2_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a2_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a3_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a3_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a4_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a4_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a5_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a5_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
  }

  static void f8x2(
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
    FloatVector a0_0 = FloatVector.zero(S);
    FloatVector a0_1 = FloatVector.zero(S);
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a1_1 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a2_1 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    FloatVector a3_1 = FloatVector.zero(S);
    FloatVector a4_0 = FloatVector.zero(S);
    FloatVector a4_1 = FloatVector.zero(S);
    FloatVector a5_0 = FloatVector.zero(S);
    FloatVector a5_1 = FloatVector.zero(S);
    FloatVector a6_0 = FloatVector.zero(S);
    FloatVector a6_1 = FloatVector.zero(S);
    FloatVector a7_0 = FloatVector.zero(S);
    FloatVector a7_1 = FloatVector.zero(S);
    for (int t = from; t < to; t++) {
      int o = xo + table[t];
      FloatVector b0 = FloatVector.fromArray(S, w, wo);
      FloatVector b1 = FloatVector.fromArray(S, w, wo + L);
      FloatVector a;
      a = FloatVector.broadcast(S, x[o]);
      a0_0 = a.fma(b0, a0_0);
      a0_1 = a.fma(b1, a0_1);
      a = FloatVector.broadcast(S, x[o + 1]);
      a1_0 = a.fma(b0, a1_0);
      a1_1 = a.fma(b1, a1_1);
      a = FloatVector.broadcast(S, x[o + 2]);
      a2_0 = a.fma(b0, a2_0);
      a2_1 = a.fma(b1, a2_1);
      a = FloatVector.broadcast(S, x[o + 3]);
      a3_0 = a.fma(b0, a3_0);
      a3_1 = a.fma(b1, a3_1);
      a = FloatVector.broadcast(S, x[o + 4]);
      a4_0 = a.fma(b0, a4_0);
      a4_1 = a.fma(b1, a4_1);
      a = FloatVector.broadcast(S, x[o + 5]);
      a5_0 = a.fma(b0, a5_0);
      a5_1 = a.fma(b1, a5_1);
      a = FloatVector.broadcast(S, x[o + 6]);
      a6_0 = a.fma(b0, a6_0);
      a6_1 = a.fma(b1, a6_1);
      a = FloatVector.broadcast(S, x[o + 7]);
      a7_0 = a.fma(b0, a7_0);
      a7_1 = a.fma(b1, a7_1);
      wo += 2 * L;
    }
    a0_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a0_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a1_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a1_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a2_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a2_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a3_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a3_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a4_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a4_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a5_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a5_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a6_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a6_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
    so += ss;
    yo += ys;
    a7_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    a7_1.add(FloatVector.fromArray(S, s, so + L)).intoArray(y, yo + L);
  }
}
