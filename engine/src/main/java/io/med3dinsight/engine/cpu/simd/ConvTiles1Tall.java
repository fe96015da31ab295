package io.med3dinsight.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles: positions of one row by one vector of output channels. Written by {@code
 * codegen/conv_kernels.py}.
 */
final class ConvTiles1Tall {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int L = S.length();

  private ConvTiles1Tall() {}

  static void f16x1(
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
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    FloatVector a4_0 = FloatVector.zero(S);
    FloatVector a5_0 = FloatVector.zero(S);
    FloatVector a6_0 = FloatVector.zero(S);
    FloatVector a7_0 = FloatVector.zero(S);
    FloatVector a8_0 = FloatVector.zero(S);
    FloatVector a9_0 = FloatVector.zero(S);
    FloatVector a10_0 = FloatVector.zero(S);
    FloatVector a11_0 = FloatVector.zero(S);
    FloatVector a12_0 = FloatVector.zero(S);
    FloatVector a13_0 = FloatVector.zero(S);
    FloatVector a14_0 = FloatVector.zero(S);
    FloatVector a15_0 = FloatVector.zero(S);
    for (int t = from; t < to; t++) {
      int o = xo + table[t];
      FloatVector b0 = FloatVector.fromArray(S, w, wo);
      FloatVector a;
      a = FloatVector.broadcast(S, x[o]);
      a0_0 = a.fma(b0, a0_0);
      a = FloatVector.broadcast(S, x[o + 1]);
      a1_0 = a.fma(b0, a1_0);
      a = FloatVector.broadcast(S, x[o + 2]);
      a2_0 = a.fma(b0, a2_0);
      a = FloatVector.broadcast(S, x[o + 3]);
      a3_0 = a.fma(b0, a3_0);
      a = FloatVector.broadcast(S, x[o + 4]);
      a4_0 = a.fma(b0, a4_0);
      a = FloatVector.broadcast(S, x[o + 5]);
      a5_0 = a.fma(b0, a5_0);
      a = FloatVector.broadcast(S, x[o + 6]);
      a6_0 = a.fma(b0, a6_0);
      a = FloatVector.broadcast(S, x[o + 7]);
      a7_0 = a.fma(b0, a7_0);
      a = FloatVector.broadcast(S, x[o + 8]);
      a8_0 = a.fma(b0, a8_0);
      a = FloatVector.broadcast(S, x[o + 9]);
      a9_0 = a.fma(b0, a9_0);
      a = FloatVector.broadcast(S, x[o + 10]);
      a10_0 = a.fma(b0, a10_0);
      a = FloatVector.broadcast(S, x[o + 11]);
      a11_0 = a.fma(b0, a11_0);
      a = FloatVector.broadcast(S, x[o + 12]);
      a12_0 = a.fma(b0, a12_0);
      a = FloatVector.broadcast(S, x[o + 13]);
      a13_0 = a.fma(b0, a13_0);
      a = FloatVector.broadcast(S, x[o + 14]);
      a14_0 = a.fma(b0, a14_0);
      a = FloatVector.broadcast(S, x[o + 15]);
      a15_0 = a.fma(b0, a15_0);
      wo += L;
    }
    a0_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a1_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a2_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a3_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a4_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a5_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a6_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a7_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a8_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a9_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a10_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a11_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a12_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a13_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a14_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a15_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
  }

  static void f24x1(
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
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    FloatVector a4_0 = FloatVector.zero(S);
    FloatVector a5_0 = FloatVector.zero(S);
    FloatVector a6_0 = FloatVector.zero(S);
    FloatVector a7_0 = FloatVector.zero(S);
    FloatVector a8_0 = FloatVector.zero(S);
    FloatVector a9_0 = FloatVector.zero(S);
    FloatVector a10_0 = FloatVector.zero(S);
    FloatVector a11_0 = FloatVector.zero(S);
    FloatVector a12_0 = FloatVector.zero(S);
    FloatVector a13_0 = FloatVector.zero(S);
    FloatVector a14_0 = FloatVector.zero(S);
    FloatVector a15_0 = FloatVector.zero(S);
    FloatVector a16_0 = FloatVector.zero(S);
    FloatVector a17_0 = FloatVector.zero(S);
    FloatVector a18_0 = FloatVector.zero(S);
    FloatVector a19_0 = FloatVector.zero(S);
    FloatVector a20_0 = FloatVector.zero(S);
    FloatVector a21_0 = FloatVector.zero(S);
    FloatVector a22_0 = FloatVector.zero(S);
    FloatVector a23_0 = FloatVector.zero(S);
    for (int t = from; t < to; t++) {
      int o = xo + table[t];
      FloatVector b0 = FloatVector.fromArray(S, w, wo);
      FloatVector a;
      a = FloatVector.broadcast(S, x[o]);
      a0_0 = a.fma(b0, a0_0);
      a = FloatVector.broadcast(S, x[o + 1]);
      a1_0 = a.fma(b0, a1_0);
      a = FloatVector.broadcast(S, x[o + 2]);
      a2_0 = a.fma(b0, a2_0);
      a = FloatVector.broadcast(S, x[o + 3]);
      a3_0 = a.fma(b0, a3_0);
      a = FloatVector.broadcast(S, x[o + 4]);
      a4_0 = a.fma(b0, a4_0);
      a = FloatVector.broadcast(S, x[o + 5]);
      a5_0 = a.fma(b0, a5_0);
      a = FloatVector.broadcast(S, x[o + 6]);
      a6_0 = a.fma(b0, a6_0);
      a = FloatVector.broadcast(S, x[o + 7]);
      a7_0 = a.fma(b0, a7_0);
      a = FloatVector.broadcast(S, x[o + 8]);
      a8_0 = a.fma(b0, a8_0);
      a = FloatVector.broadcast(S, x[o + 9]);
      a9_0 = a.fma(b0, a9_0);
      a = FloatVector.broadcast(S, x[o + 10]);
      a10_0 = a.fma(b0, a10_0);
      a = FloatVector.broadcast(S, x[o + 11]);
      a11_0 = a.fma(b0, a11_0);
      a = FloatVector.broadcast(S, x[o + 12]);
      a12_0 = a.fma(b0, a12_0);
      a = FloatVector.broadcast(S, x[o + 13]);
      a13_0 = a.fma(b0, a13_0);
      a = FloatVector.broadcast(S, x[o + 14]);
      a14_0 = a.fma(b0, a14_0);
      a = FloatVector.broadcast(S, x[o + 15]);
      a15_0 = a.fma(b0, a15_0);
      a = FloatVector.broadcast(S, x[o + 16]);
      a16_0 = a.fma(b0, a16_0);
      a = FloatVector.broadcast(S, x[o + 17]);
      a17_0 = a.fma(b0, a17_0);
      a = FloatVector.broadcast(S, x[o + 18]);
      a18_0 = a.fma(b0, a18_0);
      a = FloatVector.broadcast(S, x[o + 19]);
      a19_0 = a.fma(b0, a19_0);
      a = FloatVector.broadcast(S, x[o + 20]);
      a20_0 = a.fma(b0, a20_0);
      a = FloatVector.broadcast(S, x[o + 21]);
      a21_0 = a.fma(b0, a21_0);
      a = FloatVector.broadcast(S, x[o + 22]);
      a22_0 = a.fma(b0, a22_0);
      a = FloatVector.broadcast(S, x[o + 23]);
      a23_0 = a.fma(b0, a23_0);
      wo += L;
    }
    a0_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a1_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a2_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a3_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a4_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a5_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a6_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a7_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a8_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a9_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a10_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a11_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a12_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a13_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a14_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a15_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a16_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a17_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a18_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a19_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a20_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a21_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a22_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
    so += ss;
    yo += ys;
    a23_0.add(FloatVector.fromArray(S, s, so)).intoArray(y, yo);
  }
}
