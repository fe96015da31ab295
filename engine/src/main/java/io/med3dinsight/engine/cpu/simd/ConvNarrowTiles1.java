package io.med3dinsight.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles of the weight gradient for few input channels: taps by one vector of output
 * channels. Written by {@code codegen/conv_kernels.py}.
 */
final class ConvNarrowTiles1 {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

  private ConvNarrowTiles1() {}

  static void n4x1(
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
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    for (int i = 0; i < n; i++) {
      int o = i * xs;
      int d = yo + i * ys;
      FloatVector b0 = FloatVector.fromArray(S, dy, d);
      FloatVector a;
      a = FloatVector.broadcast(S, x[m0 + o]);
      a0_0 = a.fma(b0, a0_0);
      a = FloatVector.broadcast(S, x[m1 + o]);
      a1_0 = a.fma(b0, a1_0);
      a = FloatVector.broadcast(S, x[m2 + o]);
      a2_0 = a.fma(b0, a2_0);
      a = FloatVector.broadcast(S, x[m3 + o]);
      a3_0 = a.fma(b0, a3_0);
    }
    a0_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a1_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a2_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a3_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
  }

  static void n8x1(
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
    FloatVector a1_0 = FloatVector.zero(S);
    FloatVector a2_0 = FloatVector.zero(S);
    FloatVector a3_0 = FloatVector.zero(S);
    FloatVector a4_0 = FloatVector.zero(S);
    FloatVector a5_0 = FloatVector.zero(S);
    FloatVector a6_0 = FloatVector.zero(S);
    FloatVector a7_0 = FloatVector.zero(S);
    for (int i = 0; i < n; i++) {
      int o = i * xs;
      int d = yo + i * ys;
      FloatVector b0 = FloatVector.fromArray(S, dy, d);
      FloatVector a;
      a = FloatVector.broadcast(S, x[m0 + o]);
      a0_0 = a.fma(b0, a0_0);
      a = FloatVector.broadcast(S, x[m1 + o]);
      a1_0 = a.fma(b0, a1_0);
      a = FloatVector.broadcast(S, x[m2 + o]);
      a2_0 = a.fma(b0, a2_0);
      a = FloatVector.broadcast(S, x[m3 + o]);
      a3_0 = a.fma(b0, a3_0);
      a = FloatVector.broadcast(S, x[m4 + o]);
      a4_0 = a.fma(b0, a4_0);
      a = FloatVector.broadcast(S, x[m5 + o]);
      a5_0 = a.fma(b0, a5_0);
      a = FloatVector.broadcast(S, x[m6 + o]);
      a6_0 = a.fma(b0, a6_0);
      a = FloatVector.broadcast(S, x[m7 + o]);
      a7_0 = a.fma(b0, a7_0);
    }
    a0_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a1_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a2_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a3_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a4_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a5_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a6_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a7_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
  }

  static void n12x1(
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
    for (int i = 0; i < n; i++) {
      int o = i * xs;
      int d = yo + i * ys;
      FloatVector b0 = FloatVector.fromArray(S, dy, d);
      FloatVector a;
      a = FloatVector.broadcast(S, x[m0 + o]);
      a0_0 = a.fma(b0, a0_0);
      a = FloatVector.broadcast(S, x[m1 + o]);
      a1_0 = a.fma(b0, a1_0);
      a = FloatVector.broadcast(S, x[m2 + o]);
      a2_0 = a.fma(b0, a2_0);
      a = FloatVector.broadcast(S, x[m3 + o]);
      a3_0 = a.fma(b0, a3_0);
      a = FloatVector.broadcast(S, x[m4 + o]);
      a4_0 = a.fma(b0, a4_0);
      a = FloatVector.broadcast(S, x[m5 + o]);
      a5_0 = a.fma(b0, a5_0);
      a = FloatVector.broadcast(S, x[m6 + o]);
      a6_0 = a.fma(b0, a6_0);
      a = FloatVector.broadcast(S, x[m7 + o]);
      a7_0 = a.fma(b0, a7_0);
      a = FloatVector.broadcast(S, x[m8 + o]);
      a8_0 = a.fma(b0, a8_0);
      a = FloatVector.broadcast(S, x[m9 + o]);
      a9_0 = a.fma(b0, a9_0);
      a = FloatVector.broadcast(S, x[m10 + o]);
      a10_0 = a.fma(b0, a10_0);
      a = FloatVector.broadcast(S, x[m11 + o]);
      a11_0 = a.fma(b0, a11_0);
    }
    a0_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a1_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a2_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a3_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a4_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a5_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a6_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a7_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a8_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a9_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a10_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a11_0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
  }
}
