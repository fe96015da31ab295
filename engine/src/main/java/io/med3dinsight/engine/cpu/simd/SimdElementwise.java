package io.med3dinsight.engine.cpu.simd;

import static io.med3dinsight.engine.cpu.simd.SimdFunctions.S;

import io.med3dinsight.engine.cpu.FloatMath;
import jdk.incubator.vector.FloatVector;

/**
 * Functions element by element. One loop each: behind a common loop the calls would not be inlined,
 * and vectors would become objects.
 */
final class SimdElementwise {
  private static final int VL = S.length();

  private SimdElementwise() {}

  static void exp(float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      SimdFunctions.exp(FloatVector.fromArray(S, x, xo + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = FloatMath.exp(x[xo + i]);
    }
  }

  static void log(float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      SimdFunctions.log(FloatVector.fromArray(S, x, xo + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = FloatMath.log(x[xo + i]);
    }
  }

  static void tanh(float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      SimdFunctions.tanh(FloatVector.fromArray(S, x, xo + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = FloatMath.tanh(x[xo + i]);
    }
  }

  static void erf(float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      SimdFunctions.erf(FloatVector.fromArray(S, x, xo + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = FloatMath.erf(x[xo + i]);
    }
  }

  static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      SimdFunctions.sigmoid(FloatVector.fromArray(S, x, xo + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = FloatMath.sigmoid(x[xo + i]);
    }
  }

  static void gelu(float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      SimdFunctions.gelu(FloatVector.fromArray(S, x, xo + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = FloatMath.gelu(x[xo + i]);
    }
  }

  static void geluTanh(float[] x, int xo, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      SimdFunctions.geluTanh(FloatVector.fromArray(S, x, xo + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = FloatMath.geluTanh(x[xo + i]);
    }
  }

  static void geluGradient(float[] x, int xo, float[] g, int go, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      FloatVector d = SimdFunctions.geluDerivative(FloatVector.fromArray(S, x, xo + i));
      d.mul(FloatVector.fromArray(S, g, go + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = g[go + i] * FloatMath.geluDerivative(x[xo + i]);
    }
  }

  static void geluTanhGradient(float[] x, int xo, float[] g, int go, float[] y, int yo, int n) {
    int whole = S.loopBound(n);
    for (int i = 0; i < whole; i += VL) {
      FloatVector d = SimdFunctions.geluTanhDerivative(FloatVector.fromArray(S, x, xo + i));
      d.mul(FloatVector.fromArray(S, g, go + i)).intoArray(y, yo + i);
    }
    for (int i = whole; i < n; i++) {
      y[yo + i] = g[go + i] * FloatMath.geluTanhDerivative(x[xo + i]);
    }
  }
}
