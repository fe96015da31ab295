package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Gradient of {@link ConvWinograd} with respect to its weights: {@code dU_k = sum over row blocks,
 * positions of (A dy)_k (B^T x)_k} and {@code dw = G^T dU}, half the multiplications of {@link
 * ConvWeightGradient}, whose register tiles it uses.
 *
 * <p>A block of work is some row blocks of one plane; blocks go along the planes, so that of the
 * transformed source planes one is new and the others are still there.
 */
final class WinogradWeightGradient {
  private static final int IN = WinogradKernels.IN;
  private static final int OUT = WinogradKernels.OUT;

  /** Positions in one loop. */
  private static final int POSITIONS = 256;

  /** Positions that are worth partial sums of their own. */
  private static final int CHUNK = 512;

  private final CpuBackend cpu;
  private final ConvKernels kernels;
  private final WinogradKernels transforms;
  private final ConvGeometry g;
  private final WinogradPlan p;
  private final int in;
  private final int out;

  /** Row blocks taken together, and how many such groups there are. */
  private final int together;

  private final int groups;

  /** Columns of a transformed source row. */
  private final int columns;

  private final int vectors;
  private final int block;
  private final int panels;
  private final int[] table;
  private final ConvPartialSums sums;
  private final int splits;

  private float[] x;
  private int xOffset;
  private float[] dy;
  private int dyOffset;

  WinogradWeightGradient(CpuBackend cpu, ConvGeometry g) {
    this.cpu = cpu;
    this.kernels = cpu.kernels().convolution();
    this.transforms = cpu.kernels().winograd();
    this.g = g;
    p = new WinogradPlan(g, false);
    in = g.inChannels();
    out = g.outChannels();
    together = Math.max(1, Math.min(p.rowBlocks, POSITIONS / p.targetW));
    groups = (p.rowBlocks + together - 1) / together;
    columns = p.targetW + p.kernelW - 1;
    table = new int[together * p.targetW];
    for (int i = 0; i < table.length; i++) {
      table[i] = (i / p.targetW * columns + i % p.targetW) * in;
    }
    vectors = out > kernels.lanes() ? 2 : 1;
    block = vectors * kernels.lanes();
    panels = (out + block - 1) / block;
    int size = IN * p.kernelD * p.kernelW * in * out;
    int blocks = p.batch * groups * p.targetD;
    sums = new ConvPartialSums(cpu, blocks, size, blocks * table.length / CHUNK);
    splits = Math.min(panels, sums.wantedSplits());
  }

  void run(float[] input, int xo, float[] gradient, int yo, float[] dw, int wo) {
    x = input;
    xOffset = xo;
    dy = gradient;
    dyOffset = yo;
    try (Scratch u = cpu.scratch(IN * p.kernelD * p.kernelW * in * out)) {
      sums.run(splits, this::task, u.floats(), u.base());
      WinogradWeights.gradient(cpu, g, u.floats(), u.base(), dw, wo);
    }
  }

  private void task(int split, int from, int to, float[] sum, int o) {
    int firstPanel = split * panels / splits;
    int endPanel = (split + 1) * panels / splits;
    clear(firstPanel * block, Math.min(out, endPanel * block), sum, o);
    int size = IN * p.kernelD * together * columns * in + WinogradPlan.SLACK;
    try (Scratch ring = cpu.scratch(size);
        Scratch panel = cpu.scratch(IN * table.length * block)) {
      // Columns outside the source, and what a tile reads past the last channel.
      Arrays.fill(ring.floats(), ring.base(), ring.base() + size, 0f);
      Task task = new Task(ring, panel, sum, o);
      for (int b = from; b < to; b++) {
        task.at(b, b == from || b % p.targetD == 0);
        for (int i = firstPanel; i < endPanel; i++) {
          task.panel(i * block);
        }
      }
    }
  }

  private void clear(int first, int end, float[] sum, int o) {
    for (int row = 0; row < IN * p.kernelD * p.kernelW * in; row++) {
      Arrays.fill(sum, o + row * out + first, o + row * out + end, 0f);
    }
  }

  /** Works through blocks one after another. */
  private final class Task {
    final float[] ring;
    final int ringBase;
    final float[] panel;
    final int panelBase;
    final float[] sum;
    final int sumBase;
    final int slot = together * columns * in;
    final int panelRow = table.length * block;
    final float[] edge = new float[kernels.maxRows(vectors) * block];
    final WinogradRows sources = new WinogradRows(IN, p.sourceW * in);
    final WinogradRows gradients = new WinogradRows(OUT, p.targetW * out);
    int n;
    int firstRowBlock;
    int rowBlocks;
    int z;

    Task(Scratch ring, Scratch panel, float[] sum, int sumBase) {
      this.ring = ring.floats();
      ringBase = ring.base();
      this.panel = panel.floats();
      panelBase = panel.base();
      this.sum = sum;
      this.sumBase = sumBase;
    }

    /** Goes to a block, whose source planes are all new with {@code fresh}. */
    void at(int b, boolean fresh) {
      z = b % p.targetD;
      firstRowBlock = b / p.targetD % groups * together;
      rowBlocks = Math.min(together, p.rowBlocks - firstRowBlock);
      n = b / p.targetD / groups;
      for (int kz = fresh ? 0 : p.kernelD - 1; kz < p.kernelD; kz++) {
        transform(kz);
      }
    }

    private int slotAt(int kz) {
      return ringBase + (z + kz) % p.kernelD * slot;
    }

    private boolean there(int kz) {
      int plane = z + p.firstD + kz;
      return plane >= 0 && plane < p.sourceD;
    }

    private void transform(int kz) {
      if (!there(kz)) {
        return;
      }
      int plane = n * p.sourceD + z + p.firstD + kz;
      int lo = Math.max(0, -p.firstW);
      int hi = Math.min(columns, p.sourceW - p.firstW);
      for (int i = 0; i < rowBlocks; i++) {
        int y = p.sourceRow(firstRowBlock + i);
        sources.select(x, xOffset + plane * p.sourceH * p.sourceW * in, y, p.sourceH);
        int[] from = sources.at();
        for (int j = 0; j < IN; j++) {
          from[j] += (p.firstW + lo) * in;
        }
        int to = slotAt(kz) + (i * columns + lo) * in;
        transforms.input(sources.array(), from, ring, to, p.kernelD * slot, (hi - lo) * in);
      }
    }

    /** All products of a panel of output channels. */
    void panel(int first) {
      int valid = Math.min(block, out - first);
      int wide = (valid + kernels.lanes() - 1) / kernels.lanes() * kernels.lanes();
      int plane = dyOffset + (n * p.targetD + z) * p.targetH * p.targetW * out;
      for (int i = 0; i < rowBlocks; i++) {
        gradients.select(dy, plane, (firstRowBlock + i) * OUT, p.targetH);
        int[] from = gradients.at();
        for (int j = 0; j < OUT; j++) {
          from[j] += first;
        }
        int to = panelBase + i * p.targetW * wide;
        transforms.gradient(
            gradients.array(), from, out, valid, p.targetW, panel, to, panelRow, wide);
      }
      for (int k = 0; k < IN; k++) {
        for (int kz = 0; kz < p.kernelD; kz++) {
          for (int kx = 0; kx < p.kernelW && there(kz); kx++) {
            int tap = (k * p.kernelD + kz) * p.kernelW + kx;
            int from = slotAt(kz) + k * p.kernelD * slot + kx * in;
            tap(from, panelBase + k * panelRow, sumBase + tap * in * out + first, valid, wide);
          }
        }
      }
    }

    private void tap(int from, int w, int to, int valid, int wide) {
      int nv = wide / kernels.lanes();
      int max = kernels.maxRows(nv);
      int end = rowBlocks * p.targetW;
      int count;
      for (int c = 0; c < in; c += count) {
        int left = in - c;
        int tiles = (left + max - 1) / max;
        int tile = kernels.gatherRows((left + tiles - 1) / tiles, nv);
        count = Math.min(tile, left);
        int at = to + c * out;
        if (valid == wide && count == tile) {
          kernels.gather(
              tile, nv, panel, w, table, 0, end, ring, from + c, sum, at, out, sum, at, out);
        } else {
          Arrays.fill(edge, 0, tile * wide, 0f);
          kernels.gather(
              tile, nv, panel, w, table, 0, end, ring, from + c, edge, 0, wide, edge, 0, wide);
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
