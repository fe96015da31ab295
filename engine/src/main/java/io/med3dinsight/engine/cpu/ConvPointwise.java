package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.cpu.Gemm.Matrix;
import java.util.Arrays;

/** Convolutions with a kernel of one element: matrix products over all positions. */
final class ConvPointwise {
  private ConvPointwise() {}

  static boolean fits(ConvGeometry g) {
    return g.groups() == 1 && g.taps() == 1 && one(g.d()) && one(g.h()) && one(g.w());
  }

  private static boolean one(ConvAxis a) {
    return a.stride() == 1 && a.pad() == 0;
  }

  private static int positions(ConvGeometry g) {
    return g.batch() * g.d().out() * g.h().out() * g.w().out();
  }

  /** The weights as a matrix [Cin,Cout]. */
  private static Matrix weights(ConvGeometry g, float[] w, int wo) {
    return new Matrix(w, wo, g.outFirst() ? g.inChannels() : g.outChannels(), g.outFirst());
  }

  private static Matrix transpose(Matrix m) {
    return new Matrix(m.data(), m.offset(), m.stride(), !m.transposed());
  }

  private static void product(
      CpuBackend cpu,
      int p,
      int n,
      int k,
      Matrix x,
      Matrix w,
      float[] bias,
      int bo,
      float[] y,
      int yo) {
    if (bias != null) {
      cpu.parallel()
          .range(p, Math.max(1, (1 << 15) / n), (from, to) -> fill(bias, bo, n, y, yo, from, to));
    }
    Gemm.multiply(cpu, p, n, k, x, w, Matrix.of(y, yo, n), bias != null);
  }

  private static void fill(float[] bias, int bo, int n, float[] y, int yo, int from, int to) {
    for (int i = from; i < to; i++) {
      System.arraycopy(bias, bo, y, yo + i * n, n);
    }
  }

  static void forward(
      CpuBackend cpu,
      ConvGeometry g,
      float[] x,
      int xo,
      float[] w,
      int wo,
      float[] bias,
      int bo,
      float[] y,
      int yo) {
    Matrix a = Matrix.of(x, xo, g.inChannels());
    product(
        cpu, positions(g), g.outChannels(), g.inChannels(), a, weights(g, w, wo), bias, bo, y, yo);
  }

  static void inputGradient(
      CpuBackend cpu,
      ConvGeometry g,
      float[] dy,
      int yo,
      float[] w,
      int wo,
      float[] bias,
      int bo,
      float[] dx,
      int xo) {
    Matrix a = Matrix.of(dy, yo, g.outChannels());
    product(
        cpu,
        positions(g),
        g.inChannels(),
        g.outChannels(),
        a,
        transpose(weights(g, w, wo)),
        bias,
        bo,
        dx,
        xo);
  }

  /** [Cin,Cout]. */
  static void weightGradient(
      CpuBackend cpu, ConvGeometry g, float[] x, int xo, float[] dy, int yo, float[] dw, int wo) {
    int p = positions(g);
    if (p == 0) {
      Arrays.fill(dw, wo, wo + g.weightSize(), 0f);
      return;
    }
    Matrix a = new Matrix(x, xo, g.inChannels(), true);
    Matrix b = Matrix.of(dy, yo, g.outChannels());
    Gemm.multiply(
        cpu, g.inChannels(), g.outChannels(), p, a, b, Matrix.of(dw, wo, g.outChannels()), false);
  }
}
