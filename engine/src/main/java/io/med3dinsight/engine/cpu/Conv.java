package io.med3dinsight.engine.cpu;

/**
 * 3D convolution on the CPU, channels last: x [N,D,H,W,Cin], w [kD,kH,kW,Cin/groups,Cout], y
 * [N,D',H',W',Cout] (N batch, D H W depth height width, C channels). Arrays are given with the
 * offset of their first element.
 */
public final class Conv {
  /**
   * Below this many input channels per group, the weight gradient's tiles run over taps and
   * channels together.
   */
  private static final int NARROW = 8;

  private Conv() {}

  /** {@code y = conv(x, w) + bias}; the bias may be null. */
  public static void forward(
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
    if (ConvPointwise.fits(g)) {
      ConvPointwise.forward(cpu, g, x, xo, w, wo, bias, bo, y, yo);
    } else if (ConvDepthwise.fits(g)) {
      new ConvDepthwise(cpu, g, false).run(x, xo, w, wo, bias, bo, y, yo);
    } else if (WinogradPlan.fits(g, false)) {
      new ConvWinograd(cpu, g, false).run(x, xo, w, wo, bias, bo, y, yo);
    } else {
      new ConvGather(cpu, g, false).run(x, xo, w, wo, bias, bo, y, yo);
    }
  }

  /**
   * Gradient with respect to the input, {@code dx[i] = sum over outputs o and taps k that read i of
   * dy[o] * w[k]}, plus a bias per input channel, which may be null: with one this is the
   * transposed convolution.
   */
  public static void inputGradient(
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
    if (ConvPointwise.fits(g)) {
      ConvPointwise.inputGradient(cpu, g, dy, yo, w, wo, bias, bo, dx, xo);
    } else if (ConvDepthwise.fits(g)) {
      new ConvDepthwise(cpu, g, true).run(dy, yo, w, wo, bias, bo, dx, xo);
    } else if (WinogradPlan.fits(g, true)) {
      new ConvWinograd(cpu, g, true).run(dy, yo, w, wo, bias, bo, dx, xo);
    } else {
      new ConvGather(cpu, g, true).run(dy, yo, w, wo, bias, bo, dx, xo);
    }
  }

  /** Gradient with respect to the weights. */
  public static void weightGradient(
      CpuBackend cpu, ConvGeometry g, float[] x, int xo, float[] dy, int yo, float[] dw, int wo) {
    if (!g.outFirst()) {
      inFirst(cpu, g, x, xo, dy, yo, dw, wo);
      return;
    }
    try (Scratch s = cpu.scratch(g.weightSize())) {
      inFirst(cpu, g, x, xo, dy, yo, s.floats(), s.base());
      int size = g.groupIn() * g.outChannels();
      cpu.parallel()
          .run(
              g.taps(),
              t ->
                  swap(
                      s.floats(),
                      s.base() + t * size,
                      dw,
                      wo + t * size,
                      g.groupIn(),
                      g.outChannels()));
    }
  }

  /** The weight gradient as [kD,kH,kW,Cin/groups,Cout]. */
  private static void inFirst(
      CpuBackend cpu, ConvGeometry g, float[] x, int xo, float[] dy, int yo, float[] dw, int wo) {
    if (ConvPointwise.fits(g)) {
      ConvPointwise.weightGradient(cpu, g, x, xo, dy, yo, dw, wo);
    } else if (ConvDepthwise.fits(g)) {
      new ConvDepthwise(cpu, g, false).weightGradient(x, xo, dy, yo, dw, wo);
    } else if (g.groupIn() < NARROW) {
      new ConvNarrowWeightGradient(cpu, g).run(x, xo, dy, yo, dw, wo);
    } else if (WinogradPlan.fits(g, false)) {
      new WinogradWeightGradient(cpu, g).run(x, xo, dy, yo, dw, wo);
    } else {
      new ConvWeightGradient(cpu, g).run(x, xo, dy, yo, dw, wo);
    }
  }

  private static void swap(float[] a, int ao, float[] b, int bo, int rows, int columns) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        b[bo + c * rows + r] = a[ao + r * columns + c];
      }
    }
  }
}
