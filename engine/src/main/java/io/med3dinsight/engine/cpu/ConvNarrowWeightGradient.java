package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Weight gradient for few input channels per group, where a register tile of input channels would
 * be nearly empty: its rows are taps and channels together, each with its own place in a
 * zero-padded copy of x.
 */
final class ConvNarrowWeightGradient {
  private final CpuBackend cpu;
  private final ConvKernels kernels;
  private final ConvGeometry g;
  private final int terms;
  private final int vectors;
  private final int tileRows;
  private final int paddedTerms;
  private final int paddedOut;
  private final int depth;
  private final int height;
  private final int width;
  private final int[] table;

  private float[] x;
  private int xOffset;
  private float[] dy;
  private int dyOffset;

  ConvNarrowWeightGradient(CpuBackend cpu, ConvGeometry g) {
    this.cpu = cpu;
    this.kernels = cpu.kernels().convolution();
    this.g = g;
    boolean padded = ConvPadding.needed(g);
    depth = padded ? ConvPadding.reach(g.d()) : g.d().in();
    height = padded ? ConvPadding.reach(g.h()) : g.h().in();
    width = padded ? ConvPadding.reach(g.w()) : g.w().in();
    int lanes = kernels.lanes();
    paddedOut = (g.groupOut() + lanes - 1) / lanes * lanes;
    vectors = paddedOut > lanes ? 2 : 1;
    terms = g.taps() * g.groupIn();
    int tiles = (terms + kernels.maxRows(vectors) - 1) / kernels.maxRows(vectors);
    tileRows = kernels.narrowRows((terms + tiles - 1) / tiles, vectors);
    paddedTerms = (terms + tileRows - 1) / tileRows * tileRows;
    table = new int[paddedTerms];
    for (int m = 0; m < terms; m++) {
      int tap = m / g.groupIn();
      int kx = tap % g.w().kernel() * g.w().dilation();
      int ky = tap / g.w().kernel() % g.h().kernel() * g.h().dilation();
      int kz = tap / g.w().kernel() / g.h().kernel() * g.d().dilation();
      table[m] = ((kz * height + ky) * width + kx) * g.inChannels() + m % g.groupIn();
    }
  }

  void run(float[] input, int xo, float[] gradient, int yo, float[] dw, int wo) {
    dy = gradient;
    dyOffset = yo;
    if (!ConvPadding.needed(g)) {
      x = input;
      xOffset = xo;
      sums(dw, wo);
      return;
    }
    try (Scratch copy =
        cpu.scratch(Math.max(1, g.batch() * depth * height * width * g.inChannels()))) {
      ConvPadding.all(cpu, g, input, xo, copy.floats(), copy.base());
      x = copy.floats();
      xOffset = copy.base();
      sums(dw, wo);
    }
  }

  private void sums(float[] dw, int wo) {
    int groupSize = paddedTerms * paddedOut;
    try (Scratch s = cpu.scratch(g.groups() * groupSize)) {
      new ConvPartialSums(
              cpu, g.batch() * g.d().out() * g.h().out(), g.groups() * groupSize, Integer.MAX_VALUE)
          .run(1, this::task, s.floats(), s.base());
      for (int group = 0; group < g.groups(); group++) {
        for (int m = 0; m < terms; m++) {
          int from = s.base() + group * groupSize + m * paddedOut;
          System.arraycopy(
              s.floats(), from, dw, wo + m * g.outChannels() + group * g.groupOut(), g.groupOut());
        }
      }
    }
  }

  private void task(int split, int from, int to, float[] sum, int o) {
    int groupSize = paddedTerms * paddedOut;
    Arrays.fill(sum, o, o + g.groups() * groupSize, 0f);
    boolean copied = paddedOut != g.groupOut();
    int columns = g.w().out();
    try (Scratch copy = cpu.scratch(copied ? columns * paddedOut : 1)) {
      for (int row = from; row < to; row++) {
        int y = row % g.h().out();
        int z = row / g.h().out() % g.d().out();
        int n = row / g.h().out() / g.d().out();
        int line = (n * depth + z * g.d().stride()) * height + y * g.h().stride();
        for (int group = 0; group < g.groups(); group++) {
          int xo = xOffset + line * width * g.inChannels() + group * g.groupIn();
          int yo = dyOffset + row * columns * g.outChannels() + group * g.groupOut();
          if (copied) {
            for (int i = 0; i < columns; i++) {
              int d = copy.base() + i * paddedOut;
              System.arraycopy(dy, yo + i * g.outChannels(), copy.floats(), d, g.groupOut());
              Arrays.fill(copy.floats(), d + g.groupOut(), d + paddedOut, 0f);
            }
            row(xo, copy.floats(), copy.base(), paddedOut, sum, o + group * groupSize);
          } else {
            row(xo, dy, yo, g.outChannels(), sum, o + group * groupSize);
          }
        }
      }
    }
  }

  private void row(int xo, float[] d, int yo, int ys, float[] sum, int o) {
    int lanes = kernels.lanes();
    int xs = g.w().stride() * g.inChannels();
    int n = g.w().out();
    for (int v = 0; v < paddedOut; v += vectors * lanes) {
      int nv = Math.min(vectors, (paddedOut - v) / lanes);
      for (int m = 0; m < paddedTerms; m += tileRows) {
        kernels.narrow(
            tileRows,
            nv,
            x,
            xo,
            xs,
            table,
            m,
            d,
            yo + v,
            ys,
            n,
            sum,
            o + m * paddedOut + v,
            paddedOut);
      }
    }
  }
}
