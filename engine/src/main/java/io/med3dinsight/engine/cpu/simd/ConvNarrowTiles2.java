package io.med3dinsight.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles of the weight gradient for few input channels: taps by two vectors of output
 * channels. Written by {@code codegen/conv_kernels.py}.
 */
final class ConvNarrowTiles2 {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
  private static final int L = S.length();

  private ConvNarrowTiles2() {}

  static void n4x2(
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
    int m0 = xo + table[first];
    int m1 = xo + table[first + 1];
    int m2 = xo + table[first + 2];
    int m3 = xo + table[first + 3];
    FloatVector a0_0 = FloatVector.zero(S);
    FloatVector a0_1 = FloatVector.zero(S);
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a1_1 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a2_1 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    FloatVector a3_1 = FloatVector.zero(S);
    for (int i = 0; i < n; i++) {
      int o = i * xs;
      int d = yo + i * ys;
      FloatVector b0 = FloatVector.fromArray(S, dy, d);
      FloatVector b1 = FloatVector.fromArray(S, dy, d + L);
      FloatVector a;
      a = FloatVector.broadcast(S, x[m0 + o]);
      a0_0 = a.fma(b0, a0_0);
      a0_1 = a.fma(b1, a0_1);
      a = FloatVector.broadcast(S, x[m1 + o]);
      a1_0 = a.fma(b0, a1_0);
      a1_1 = a.fma(b1, a1_1);
      a = FloatVector.broadcast(S, x[m2 + o]);
      a2_0 = a.fma(b0, a2_0);
      a2_1 = a.fma(b1, a2_1);
      a = FloatVector.broadcast(S, x[m3 + o]);
      a3_0 = a.fma(b0, a3_0);
      a3_1 = a.fma(b1, a3_1);
    }
    a0_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a0_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a1_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a1_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a2_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a2_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a3_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a3_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
  }

  static void n8x2(
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
    int m0 = xo + table[first];
    int m1 = xo + table[first + 1];
    int m2 = xo + table[first + 2];
    int m3 = xo + table[first + 3];
    int m4 = xo + table[first + 4];
    int m5 = xo + table[first + 5];
    int m6 = xo + table[first + 6];
    int m7 = xo + table[first + 7];
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
    for (int i = 0; i < n; i++) {
      int o = i * xs;
      int d = yo + i * ys;
      FloatVector b0 = FloatVector.fromArray(S, dy, d);
      FloatVector b1 = FloatVector.fromArray(S, dy, d + L);
      FloatVector a;
      a = FloatVector.broadcast(S, x[m0 + o]);
      a0_0 = a.fma(b0, a0_0);
      a0_1 = a.fma(b1, a0_1);
      a = FloatVector.broadcast(S, x[m1 + o]);
      a1_0 = a.fma(b0, a1_0);
      a1_1 = a.fma(b1, a1_1);
      a = FloatVector.broadcast(S, x[m2 + o]);
      a2_0 = a.fma(b0, a2_0);
      a2_1 = a.fma(b1, a2_1);
      a = FloatVector.broadcast(S, x[m3 + o]);
      a3_0 = a.fma(b0, a3_0);
      a3_1 = a.fma(b1, a3_1);
      a = FloatVector.broadcast(S, x[m4 + o]);
      a4_0 = a.fma(b0, a4_0);
      a4_1 = a.fma(b1, a4_1);
      a = FloatVector.broadcast(S, x[m5 + o]);
      a5_0 = a.fma(b0, a5_0);
      a5_1 = a.fma(b1, a5_1);
      a = FloatVector.broadcast(S, x[m6 + o]);
      a6_0 = a.fma(b0, a6_0);
      a6_1 = a.fma(b1, a6_1);
      a = FloatVector.broadcast(S, x[m7 + o]);
      a7_0 = a.fma(b0, a7_0);
      a7_1 = a.fma(b1, a7_1);
    }
    a0_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a0_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a1_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a1_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a2_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a2_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a3_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a3_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a4_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a4_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a5_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a5_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a6_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a6_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a7_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a7_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
  }

  static void n12x2(
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
    int m0 = xo + table[first];
    int m1 = xo + table[first + 1];
    int m2 = xo + table[first + 2];
    int m3 = xo + table[first + 3];
    int m4 = xo + table[first + 4];
    int m5 = xo + table[first + 5];
    int m6 = xo + table[first + 6];
    int m7 = xo + table[first + 7];
    int m8 = xo + table[first + 8];
    int m9 = xo + table[first + 9];
    int m10 = xo + table[first + 10];
    int m11 = xo + table[first + 11];
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
    FloatVector a8_0 = FloatVector.zero(S);
    FloatVector a8_1 = FloatVector.zero(S);
    FloatVector a9_0 = FloatVector.zero(S);
    FloatVector a9_1 = FloatVector.zero(S);
    FloatVector a10_0 = FloatVector.zero(S);
    FloatVector a10_1 = FloatVector.zero(S);
    FloatVector a11_0 = FloatVector.zero(S);
    FloatVector a11_1 = FloatVector.zero(S);
    for (int i = 0; i < n; i++) {
      int o = i * xs;
      int d = yo + i * ys;
      FloatVector b0 = FloatVector.fromArray(S, dy, d);
      FloatVector b1 = FloatVector.fromArray(S, dy, d + L);
      FloatVector a;
      a = FloatVector.broadcast(S, x[m0 + o]);
      a0_0 = a.fma(b0, a0_0);
      a0_1 = a.fma(b1, a0_1);
      a = FloatVector.broadcast(S, x[m1 + o]);
      a1_0 = a.fma(b0, a1_0);
      a1_1 = a.fma(b1, a1_1);
      a = FloatVector.broadcast(S, x[m2 + o]);
      a2_0 = a.fma(b0, a2_0);
      a2_1 = a.fma(b1, a2_1);
      a = FloatVector.broadcast(S, x[m3 + o]);
      a3_0 = a.fma(b0, a3_0);
      a3_1 = a.fma(b1, a3_1);
      a = FloatVector.broadcast(S, x[m4 + o]);
      a4_0 = a.fma(b0, a4_0);
      a4_1 = a.fma(b1, a4_1);
      a = FloatVector.broadcast(S, x[m5 + o]);
      a5_0 = a.fma(b0, a5_0);
      a5_1 = a.fma(b1, a5_1);
      a = FloatVector.broadcast(S, x[m6 + o]);
      a6_0 = a.fma(b0, a6_0);
      a6_1 = a.fma(b1, a6_1);
      a = FloatVector.broadcast(S, x[m7 + o]);
      a7_0 = a.fma(b0, a7_0);
      a7_1 = a.fma(b1, a7_1);
      a = FloatVector.broadcast(S, x[m8 + o]);
      a8_0 = a.fma(b0, a8_0);
      a8_1 = a.fma(b1, a8_1);
      a = FloatVector.broadcast(S, x[m9 + o]);
      a9_0 = a.fma(b0, a9_0);
      a9_1 = a.fma(b1, a9_1);
      a = FloatVector.broadcast(S, x[m10 + o]);
      a10_0 = a.fma(b0, a10_0);
      a10_1 = a.fma(b1, a10_1);
      a = FloatVector.broadcast(S, x[m11 + o]);
      a11_0 = a.fma(b0, a11_0);
      a11_1 = a.fma(b1, a11_1);
    }
    a0_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a0_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a1_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a1_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a2_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a2_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a3_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a3_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a4_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a4_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a5_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a5_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a6_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a6_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a7_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a7_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a8_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a8_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a9_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a9_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a10_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a10_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
    wo += ws;
    a11_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    a11_1.add(FloatVector.fromArray(S, dw, wo + L)).intoArray(dw, wo + L);
  }
}
