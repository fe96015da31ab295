package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Gradient of a convolution with respect to its weights: {@code dw[tap,c,o] = sum over n, positions
 * of x[position * stride + tap * dilation - pad, c] * dy[position,o]}.
 *
 * <p>The same register tiles as the convolution itself, of input channels by output channels, each
 * in one loop over the positions of some output rows. A task copies the rows of x it needs, with
 * zeros for the padding to the left and right, and its rows of dy as panels one tile wide. Chunks
 * of rows have sums of their own, added up in order at the end.
 */
final class ConvWeightGradient {
  /**
   * Positions in one loop: a panel of dy stays in the first level of cache while all taps use it.
   */
  private static final int POSITIONS = 256;

  /** Positions that are worth partial sums of their own. */
  private static final int CHUNK = 512;

  /** Floats that a register tile may read past the last channel. */
  private static final int SLACK = 24;

  private final CpuBackend cpu;
  private final ConvKernels kernels;
  private final ConvGeometry g;
  private final int rowsPerBlock;
  private final int blocksPerPlane;
  private final int vectors;
  private final int panels;
  private final ConvPartialSums sums;
  private final int splits;
  private final int height;
  private final int width;
  private final int[] table;

  private float[] x;
  private int xOffset;
  private float[] dy;
  private int dyOffset;

  ConvWeightGradient(CpuBackend cpu, ConvGeometry g) {
    this.cpu = cpu;
    this.kernels = cpu.kernels().convolution();
    this.g = g;
    int out = g.w().out();
    rowsPerBlock = Math.max(1, Math.min(g.h().out(), POSITIONS / Math.max(1, out)));
    blocksPerPlane = (g.h().out() + rowsPerBlock - 1) / rowsPerBlock;
    height = (rowsPerBlock - 1) * g.h().stride() + (g.h().kernel() - 1) * g.h().dilation() + 1;
    width = ConvPadding.reach(g.w());
    table = new int[rowsPerBlock * out];
    for (int i = 0; i < table.length; i++) {
      table[i] = (i / out * g.h().stride() * width + i % out * g.w().stride()) * g.groupIn();
    }
    int lanes = kernels.lanes();
    vectors = g.groupOut() > lanes ? 2 : 1;
    panels = (g.groupOut() + vectors * lanes - 1) / (vectors * lanes);
    int blocks = g.batch() * g.d().out() * blocksPerPlane;
    sums = new ConvPartialSums(cpu, blocks, g.weightSize(), blocks * table.length / CHUNK);
    splits = Math.min(panels, sums.wantedSplits());
  }

  void run(float[] input, int xo, float[] gradient, int yo, float[] dw, int wo) {
    x = input;
    xOffset = xo;
    dy = gradient;
    dyOffset = yo;
    sums.run(splits, this::task, dw, wo);
  }

  /**
   * Adds the blocks of rows [from, to) to the partial sums at {@code o}, for one share of the
   * panels of output channels.
   */
  private void task(int split, int from, int to, float[] sum, int o) {
    int block = vectors * kernels.lanes();
    int firstPanel = split * panels / splits;
    int endPanel = (split + 1) * panels / splits;
    clear(firstPanel * block, Math.min(g.groupOut(), endPanel * block), sum, o);
    int plane = height * width * g.groupIn();
    try (Scratch rows = cpu.scratch(g.d().kernel() * plane + SLACK);
        Scratch panel = cpu.scratch(table.length * block)) {
      Arrays.fill(
          rows.floats(),
          rows.base() + g.d().kernel() * plane,
          rows.base() + g.d().kernel() * plane + SLACK,
          0f);
      float[] edge = new float[kernels.maxRows(vectors) * block];
      for (int b = from; b < to; b++) {
        Block work = new Block(b, rows, panel, edge, sum, o);
        for (int group = 0; group < g.groups(); group++) {
          work.copyRows(group);
          for (int p = firstPanel; p < endPanel; p++) {
            work.panel(group, p * block);
          }
        }
      }
    }
  }

  private void clear(int first, int end, float[] sum, int o) {
    for (int row = 0; row < g.taps() * g.groupIn(); row++) {
      for (int group = 0; group < g.groups(); group++) {
        int at = o + row * g.outChannels() + group * g.groupOut();
        Arrays.fill(sum, at + first, at + end, 0f);
      }
    }
  }

  /** Some output rows of one plane. */
  private final class Block {
    final int n;
    final int z;
    final int y0;
    final int rows;
    final int dyBase;
    final float[] copy;
    final int copyBase;
    final float[] panel;
    final int panelBase;
    final float[] edge;
    final float[] sum;
    final int sumBase;

    Block(int block, Scratch copy, Scratch panel, float[] edge, float[] sum, int sumBase) {
      int plane = block / blocksPerPlane;
      n = plane / g.d().out();
      z = plane % g.d().out();
      y0 = block % blocksPerPlane * rowsPerBlock;
      rows = Math.min(rowsPerBlock, g.h().out() - y0);
      dyBase = dyOffset + (plane * g.h().out() + y0) * g.w().out() * g.outChannels();
      this.copy = copy.floats();
      copyBase = copy.base();
      this.panel = panel.floats();
      panelBase = panel.base();
      this.edge = edge;
      this.sum = sum;
      this.sumBase = sumBase;
    }

    private int sourcePlane(int kz) {
      return z * g.d().stride() + kz * g.d().dilation() - g.d().pad();
    }

    private int sourceRow(int row) {
      return y0 * g.h().stride() - g.h().pad() + row;
    }

    /**
     * The rows of x that the taps read; planes and rows outside are left out, and their products
     * too.
     */
    void copyRows(int group) {
      int used = (rows - 1) * g.h().stride() + (g.h().kernel() - 1) * g.h().dilation() + 1;
      for (int kz = 0; kz < g.d().kernel(); kz++) {
        int zi = sourcePlane(kz);
        if (zi < 0 || zi >= g.d().in()) {
          continue;
        }
        for (int r = 0; r < used; r++) {
          int yi = sourceRow(r);
          if (yi >= 0 && yi < g.h().in()) {
            int from =
                xOffset + ((n * g.d().in() + zi) * g.h().in() + yi) * g.w().in() * g.inChannels();
            int to = copyBase + (kz * height + r) * width * g.groupIn();
            copyRow(from + group * g.groupIn(), to);
          }
        }
      }
    }

    private void copyRow(int from, int to) {
      int c = g.groupIn();
      if (g.groups() == 1) {
        ConvPadding.row(x, from, g.w().in(), -g.w().pad(), width, c, c, copy, to);
        return;
      }
      for (int i = 0; i < width; i++) {
        int xi = i - g.w().pad();
        if (xi >= 0 && xi < g.w().in()) {
          System.arraycopy(x, from + xi * g.inChannels(), copy, to + i * c, c);
        } else {
          Arrays.fill(copy, to + i * c, to + (i + 1) * c, 0f);
        }
      }
    }

    /** Products with the output channels of a group from {@code first} on. */
    void panel(int group, int first) {
      int lanes = kernels.lanes();
      int valid = Math.min(vectors * lanes, g.groupOut() - first);
      int wide = (valid + lanes - 1) / lanes * lanes;
      int from = dyBase + group * g.groupOut() + first;
      for (int i = 0; i < rows * g.w().out(); i++) {
        int d = panelBase + i * wide;
        System.arraycopy(dy, from + i * g.outChannels(), panel, d, valid);
        Arrays.fill(panel, d + valid, d + wide, 0f);
      }
      for (int kz = 0; kz < g.d().kernel(); kz++) {
        int zi = sourcePlane(kz);
        if (zi >= 0 && zi < g.d().in()) {
          for (int ky = 0; ky < g.h().kernel(); ky++) {
            row(kz, ky, sumBase + group * g.groupOut() + first, valid, wide);
          }
        }
      }
    }

    /** The taps of one row of the kernel, over the output rows whose source row is inside. */
    private void row(int kz, int ky, int to, int valid, int wide) {
      int shift = ky * g.h().dilation();
      int lo = 0;
      while (lo < rows && sourceRow(lo * g.h().stride() + shift) < 0) {
        lo++;
      }
      int hi = rows;
      while (hi > lo && sourceRow((hi - 1) * g.h().stride() + shift) >= g.h().in()) {
        hi--;
      }
      if (hi == lo) {
        return;
      }
      for (int kx = 0; kx < g.w().kernel(); kx++) {
        int from = copyBase + ((kz * height + shift) * width + kx * g.w().dilation()) * g.groupIn();
        int tap = (kz * g.h().kernel() + ky) * g.w().kernel() + kx;
        tap(
            from,
            lo * g.w().out(),
            hi * g.w().out(),
            to + tap * g.groupIn() * g.outChannels(),
            valid,
            wide);
      }
    }

    private void tap(int from, int first, int end, int to, int valid, int wide) {
      int nv = wide / kernels.lanes();
      int max = kernels.maxRows(nv);
      int out = g.outChannels();
      int w = panelBase + first * wide;
      int count;
      for (int c = 0; c < g.groupIn(); c += count) {
        int left = g.groupIn() - c;
        int tiles = (left + max - 1) / max;
        int tile = kernels.gatherRows((left + tiles - 1) / tiles, nv);
        count = Math.min(tile, left);
        int at = to + c * out;
        if (valid == wide && count == tile) {
          kernels.gather(
              tile, nv, panel, w, table, first, end, copy, from + c, sum, at, out, sum, at, out);
        } else {
          Arrays.fill(edge, 0, tile * wide, 0f);
          kernels.gather(
              tile, nv, panel, w, table, first, end, copy, from + c, edge, 0, wide, edge, 0, wide);
          for (int r = 0; r < count; r++) {
            for (int v = 0; v < valid; v++) {
              sum[at + r * out + v] += edge[r * wide + v];
            }
          }
        }
      }
    }
  }
}
