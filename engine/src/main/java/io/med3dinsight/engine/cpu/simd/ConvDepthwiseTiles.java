package io.med3dinsight.engine.cpu.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Register tiles of the depthwise convolution: positions or taps by one vector of channels. Written
 * by {@code codegen/conv_kernels.py}.
 */
final class ConvDepthwiseTiles {
  private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;

  private ConvDepthwiseTiles() {}

  static void f1(
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
    FloatVector bias = FloatVector.fromArray(S, b, bo);
    FloatVector a0 = bias;
    for (int t = 0; t < table.length; t++) {
      int o = xo + table[t];
      FloatVector k = FloatVector.fromArray(S, w, wo + t * ws);
      a0 = FloatVector.fromArray(S, x, o).fma(k, a0);
    }
    a0.intoArray(y, yo);
  }

  static void f4(
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
    FloatVector bias = FloatVector.fromArray(S, b, bo);
    FloatVector a0 = bias;
    FloatVector a1 = bias;
    FloatVector a2 = bias;
    FloatVector a3 = bias;
    for (int t = 0; t < table.length; t++) {
      int o = xo + table[t];
      FloatVector k = FloatVector.fromArray(S, w, wo + t * ws);
      a0 = FloatVector.fromArray(S, x, o).fma(k, a0);
      o += xs;
      a1 = FloatVector.fromArray(S, x, o).fma(k, a1);
      o += xs;
      a2 = FloatVector.fromArray(S, x, o).fma(k, a2);
      o += xs;
      a3 = FloatVector.fromArray(S, x, o).fma(k, a3);
    }
    a0.intoArray(y, yo);
    yo += ys;
    a1.intoArray(y, yo);
    yo += ys;
    a2.intoArray(y, yo);
    yo += ys;
    a3.intoArray(y, yo);
  }

  static void f8(
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
    FloatVector bias = FloatVector.fromArray(S, b, bo);
    FloatVector a0 = bias;
    FloatVector a1 = bias;
    FloatVector a2 = bias;
    FloatVector a3 = bias;
    FloatVector a4 = bias;
    FloatVector a5 = bias;
    FloatVector a6 = bias;
    FloatVector a7 = bias;
    for (int t = 0; t < table.length; t++) {
      int o = xo + table[t];
      FloatVector k = FloatVector.fromArray(S, w, wo + t * ws);
      a0 = FloatVector.fromArray(S, x, o).fma(k, a0);
      o += xs;
      a1 = FloatVector.fromArray(S, x, o).fma(k, a1);
      o += xs;
      a2 = FloatVector.fromArray(S, x, o).fma(k, a2);
      o += xs;
      a3 = FloatVector.fromArray(S, x, o).fma(k, a3);
      o += xs;
      a4 = FloatVector.fromArray(S, x, o).fma(k, a4);
      o += xs;
      a5 = FloatVector.fromArray(S, x, o).fma(k, a5);
      o += xs;
      a6 = FloatVector.fromArray(S, x, o).fma(k, a6);
      o += xs;
      a7 = FloatVector.fromArray(S, x, o).fma(k, a7);
    }
    a0.intoArray(y, yo);
    yo += ys;
    a1.intoArray(y, yo);
    yo += ys;
    a2.intoArray(y, yo);
    yo += ys;
    a3.intoArray(y, yo);
    yo += ys;
    a4.intoArray(y, yo);
    yo += ys;
    a5.intoArray(y, yo);
    yo += ys;
    a6.intoArray(y, yo);
    yo += ys;
    a7.intoArray(y, yo);
  }

  static void g9(
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
    FloatVector a0 = FloatVector.zero(S);
    int m1 = xo + table[first + 1];
    FloatVector a1 = FloatVector.zero(S);
    int m2 = xo + table[first + 2];
    FloatVector a2 = FloatVector.zero(S);
    int m3 = xo + table[first + 3];
    FloatVector a3 = FloatVector.zero(S);
    int m4 = xo + table[first + 4];
    FloatVector a4 = FloatVector.zero(S);
    int m5 = xo + table[first + 5];
    FloatVector a5 = FloatVector.zero(S);
    int m6 = xo + table[first + 6];
    FloatVector a6 = FloatVector.zero(S);
    int m7 = xo + table[first + 7];
    FloatVector a7 = FloatVector.zero(S);
    int m8 = xo + table[first + 8];
    FloatVector a8 = FloatVector.zero(S);
    for (int i = 0; i < n; i++) {
      int o = i * xs;
      FloatVector d = FloatVector.fromArray(S, dy, yo + i * ys);
      a0 = FloatVector.fromArray(S, x, m0 + o).fma(d, a0);
      a1 = FloatVector.fromArray(S, x, m1 + o).fma(d, a1);
      a2 = FloatVector.fromArray(S, x, m2 + o).fma(d, a2);
      a3 = FloatVector.fromArray(S, x, m3 + o).fma(d, a3);
      a4 = FloatVector.fromArray(S, x, m4 + o).fma(d, a4);
      a5 = FloatVector.fromArray(S, x, m5 + o).fma(d, a5);
      a6 = FloatVector.fromArray(S, x, m6 + o).fma(d, a6);
      a7 = FloatVector.fromArray(S, x, m7 + o).fma(d, a7);
      a8 = FloatVector.fromArray(S, x, m8 + o).fma(d, a8);
    }
    a0.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a1.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a2.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a3.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a4.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a5.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a6.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a7.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
    wo += ws;
    a8.add(FloatVector.fromArray(S, dw, wo)).intoArray(dw, wo);
  }
}
