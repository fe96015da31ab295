package io.med3dinsight.engine.cpu;

/**
 * Direct convolution, and the gradient with respect to its input: {@code target[q,o] = bias[o] +
 * sum over taps, channels of source[q * step + tap, c] * w[tap,c,o]}.
 *
 * <p>A task copies the source rows of a tile so that columns are next to each other, and then fills
 * register tiles of some columns by one or two vectors of output channels, each in one loop over a
 * table of the terms. Kernel size, stride, dilation and padding only change the table.
 */
final class ConvGather {
  private final CpuBackend cpu;
  private final ConvKernels kernels;
  private final ConvGeometry g;
  private final ConvPlan p;
  private final int[][] tables;
  private final int[] weightStart;
  private final int groupWeights;

  private float[] source;
  private int sourceOffset;
  private float[] target;
  private int targetOffset;
  private float[] weights;
  private int weightOffset;
  private float[] bias;

  ConvGather(CpuBackend cpu, ConvGeometry g, boolean backward) {
    this.cpu = cpu;
    this.kernels = cpu.kernels().convolution();
    this.g = g;
    this.p = new ConvPlan(g, backward, kernels.lanes());
    tables = new int[p.z.size() * p.y.size() * p.x.size()][];
    weightStart = new int[tables.length];
    int start = 0;
    for (int f = 0; f < tables.length; f++) {
      tables[f] = p.table(phaseZ(f), phaseY(f), phaseX(f));
      weightStart[f] = start;
      start += tables[f].length * p.paddedTarget();
    }
    groupWeights = start;
  }

  private ConvPhase phaseZ(int f) {
    return p.z.get(f / (p.y.size() * p.x.size()));
  }

  private ConvPhase phaseY(int f) {
    return p.y.get(f / p.x.size() % p.y.size());
  }

  private ConvPhase phaseX(int f) {
    return p.x.get(f % p.x.size());
  }

  /**
   * @param b bias of the target channels from {@code bo} on, or null
   */
  void run(float[] src, int so, float[] w, int wo, float[] b, int bo, float[] dst, int to) {
    source = src;
    sourceOffset = so;
    target = dst;
    targetOffset = to;
    bias = paddedBias(b, bo);
    try (Scratch packed = cpu.scratch(Math.max(1, g.groups() * groupWeights))) {
      weights = packed.floats();
      weightOffset = packed.base();
      cpu.parallel()
          .run(p.groups * tables.length, t -> pack(t / tables.length, t % tables.length, w, wo));
      cpu.parallel().run(p.tasks(), this::task);
    }
  }

  private void pack(int group, int f, float[] w, int wo) {
    int o = weightOffset + group * groupWeights + weightStart[f];
    ConvPacking.weights(p, g, group, phaseZ(f), phaseY(f), phaseX(f), w, wo, weights, o);
  }

  private float[] paddedBias(float[] b, int bo) {
    float[] padded = new float[p.groups * p.paddedTarget()];
    if (b != null) {
      for (int i = 0; i < p.groups; i++) {
        System.arraycopy(b, bo + i * p.groupTarget, padded, i * p.paddedTarget(), p.groupTarget);
      }
    }
    return padded;
  }

  private void task(int t) {
    int split = t % p.splits;
    int tile = t / p.splits % p.tiles();
    int group = t / p.splits / p.tiles() % p.groups;
    int n = t / p.splits / p.tiles() / p.groups;
    int qz = tile / p.tilesY() * p.tileZ;
    int qy = tile % p.tilesY() * p.tileY;
    int nz = Math.min(p.tileZ, p.countZ - qz);
    int ny = Math.min(p.tileY, p.countY - qy);
    try (Scratch rows = cpu.scratch(Math.max(1, p.tileSize()))) {
      int from = sourceOffset + n * p.sourceD * p.sourceH * p.sourceW * p.sourceC;
      ConvPacking.rows(p, source, from, group, qz, qy, nz, ny, rows.floats(), rows.base());
      float[] edge = new float[kernels.maxRows(p.vectors) * p.vectors * p.lanes];
      for (int f = 0; f < tables.length; f++) {
        for (int b = split * p.blocks / p.splits; b < (split + 1) * p.blocks / p.splits; b++) {
          new Block(n, group, f, b, rows, edge).tile(qz, qy, nz, ny);
        }
      }
    }
  }

  /** One block of output channels in one combination of phases. */
  private final class Block {
    final int n;
    final ConvPhase pz;
    final ConvPhase py;
    final ConvPhase px;
    final int[] table;
    final float[] packed;
    final int packedOffset;
    final float[] edge;
    final int vectors;
    final int width;
    final int valid;
    final int channel;
    final int biasOffset;
    final int w;

    Block(int n, int group, int f, int block, Scratch rows, float[] edge) {
      this.n = n;
      pz = phaseZ(f);
      py = phaseY(f);
      px = phaseX(f);
      table = tables[f];
      packed = rows.floats();
      packedOffset = rows.base();
      this.edge = edge;
      int first = block * p.vectors * p.lanes;
      width = Math.min(p.vectors * p.lanes, p.paddedTarget() - first);
      vectors = width / p.lanes;
      valid = Math.min(width, p.groupTarget - first);
      channel = group * p.groupTarget + first;
      biasOffset = group * p.paddedTarget() + first;
      w = weightOffset + group * groupWeights + weightStart[f] + first * table.length;
    }

    void tile(int qz, int qy, int nz, int ny) {
      for (int z = qz; z < Math.min(qz + nz, pz.count()); z++) {
        int z0 = pz.from(z, p.sourceD);
        int z1 = pz.to(z, p.sourceD);
        for (int y = qy; y < Math.min(qy + ny, py.count()); y++) {
          int row = (z - qz) * pz.inStep() * p.tileHeight() + (y - qy) * py.inStep();
          int line =
              (n * p.targetD + pz.start() + z * pz.step()) * p.targetH + py.start() + y * py.step();
          int to = targetOffset + (line * p.targetW + px.start()) * p.targetC + channel;
          row(
              packedOffset + row * p.rowSize,
              z0,
              z1,
              py.from(y, p.sourceH),
              py.to(y, p.sourceH),
              to);
        }
      }
    }

    /** One row of targets, cut into nearly equal register tiles. */
    private void row(int x, int z0, int z1, int y0, int y1, int to) {
      int step = px.step() * p.targetC;
      int max = kernels.maxRows(vectors);
      int tiles = (px.count() + max - 1) / max;
      int q = 0;
      for (int i = 0; i < tiles; i++) {
        int left = tiles - i;
        int want = (px.count() - q + left - 1) / left;
        int rows = kernels.gatherRows(want, vectors);
        int count = Math.min(rows, px.count() - q);
        if (valid == width && count == rows) {
          sum(rows, x + q, z0, z1, y0, y1, target, to + q * step, step);
        } else {
          sum(rows, x + q, z0, z1, y0, y1, edge, 0, width);
          for (int r = 0; r < count; r++) {
            System.arraycopy(edge, r * width, target, to + (q + r) * step, valid);
          }
        }
        q += count;
        if (q == px.count()) {
          break;
        }
      }
    }

    /**
     * The terms whose rows lie inside the source: one run, or one for each plane where rows above
     * or below are missing.
     */
    private void sum(int rows, int x, int z0, int z1, int y0, int y1, float[] to, int o, int step) {
      int line = px.taps() * p.groupSource;
      if (z1 <= z0 || y1 <= y0) {
        kernels.gather(
            rows, vectors, weights, w, table, 0, 0, packed, x, bias, biasOffset, 0, to, o, step);
      } else if (y0 == 0 && y1 == py.taps()) {
        int from = z0 * y1 * line;
        kernels.gather(
            rows,
            vectors,
            weights,
            w + from * width,
            table,
            from,
            z1 * y1 * line,
            packed,
            x,
            bias,
            biasOffset,
            0,
            to,
            o,
            step);
      } else {
        for (int z = z0; z < z1; z++) {
          int from = (z * py.taps() + y0) * line;
          int end = (z * py.taps() + y1) * line;
          boolean first = z == z0;
          kernels.gather(
              rows,
              vectors,
              weights,
              w + from * width,
              table,
              from,
              end,
              packed,
              x,
              first ? bias : to,
              first ? biasOffset : o,
              first ? 0 : step,
              to,
              o,
              step);
        }
      }
    }
  }
}
