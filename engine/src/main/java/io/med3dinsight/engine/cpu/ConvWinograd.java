package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/**
 * Convolution with three taps along H at stride 1, and the gradient with respect to its input, by
 * Winograd's F(4,3) along H: four output rows from six products, half the multiplications. The sum
 * over the other two axes and the channels is direct, by the register tiles of {@link ConvGather}.
 *
 * <p>A task computes four rows of some planes, one plane after another: it transforms the six
 * source rows of one new plane, copies them so that columns are next to each other into a ring of
 * as many planes as the kernel has, and sums six rows of products, which it transforms back.
 */
final class ConvWinograd {
  private static final int IN = WinogradKernels.IN;
  private static final float[] ZEROS = new float[64];

  private final CpuBackend cpu;
  private final ConvKernels kernels;
  private final WinogradKernels transforms;
  private final ConvGeometry g;
  private final boolean backward;
  private final WinogradPlan p;
  private final int lanes;
  private final int vectors;
  private final int block;
  private final int blocks;

  /** Weights of one product. */
  private final int productWeights;

  /** Distance of channels in the ring; columns are next to each other. */
  private final int pitch;

  private final int plane;

  /** Terms for each position of the first plane in the ring. */
  private final int[][] tables;

  private float[] source;
  private int sourceOffset;
  private float[] target;
  private int targetOffset;
  private float[] weights;
  private int weightOffset;
  private float[] bias;

  ConvWinograd(CpuBackend cpu, ConvGeometry g, boolean backward) {
    this.cpu = cpu;
    this.kernels = cpu.kernels().convolution();
    this.transforms = cpu.kernels().winograd();
    this.g = g;
    this.backward = backward;
    this.p = new WinogradPlan(g, backward);
    lanes = kernels.lanes();
    vectors = p.targetC > lanes ? 2 : 1;
    block = vectors * lanes;
    blocks = (p.targetC + block - 1) / block;
    productWeights = p.terms() * ((p.targetC + lanes - 1) / lanes * lanes);
    pitch = p.targetW + p.kernelW - 1 + WinogradPlan.SLACK;
    plane = p.sourceC * pitch;
    tables = new int[p.kernelD][];
    for (int r = 0; r < tables.length; r++) {
      tables[r] = table(r);
    }
  }

  private int[] table(int rotation) {
    int[] t = new int[p.terms()];
    int n = 0;
    for (int kz = 0; kz < p.kernelD; kz++) {
      for (int kx = 0; kx < p.kernelW; kx++) {
        for (int c = 0; c < p.sourceC; c++) {
          t[n++] = (rotation + kz) % p.kernelD * plane + c * pitch + kx;
        }
      }
    }
    return t;
  }

  /**
   * @param b bias of the target channels from {@code bo} on, or null
   */
  void run(float[] src, int so, float[] w, int wo, float[] b, int bo, float[] dst, int to) {
    source = src;
    sourceOffset = so;
    target = dst;
    targetOffset = to;
    bias = new float[blocks * block];
    if (b != null) {
      System.arraycopy(b, bo, bias, 0, p.targetC);
    }
    try (Scratch packed = cpu.scratch(IN * productWeights)) {
      weights = packed.floats();
      weightOffset = packed.base();
      cpu.parallel().run(IN * blocks, t -> pack(t / blocks, t % blocks, w, wo));
      cpu.parallel().run(p.batch * p.rowBlocks * p.planeChunks, this::task);
    }
  }

  private int width(int b) {
    return Math.min(block, (p.targetC - b * block + lanes - 1) / lanes * lanes);
  }

  private int weightsAt(int k, int b) {
    return weightOffset + k * productWeights + b * block * p.terms();
  }

  private void pack(int k, int b, float[] w, int wo) {
    int valid = Math.min(block, p.targetC - b * block);
    WinogradWeights.pack(
        g, backward, k, b * block, valid, width(b), w, wo, weights, weightsAt(k, b));
  }

  private void task(int t) {
    int chunk = t % p.planeChunks;
    int rowBlock = t / p.planeChunks % p.rowBlocks;
    int n = t / p.planeChunks / p.rowBlocks;
    int from = (int) ((long) p.targetD * chunk / p.planeChunks);
    int end = (int) ((long) p.targetD * (chunk + 1) / p.planeChunks);
    try (Scratch ring = cpu.scratch(IN * p.kernelD * plane);
        Scratch rows = cpu.scratch(IN * p.sourceW * p.sourceC);
        Scratch products = cpu.scratch(IN * (p.targetW + WinogradPlan.SLACK) * block)) {
      Arrays.fill(ring.floats(), ring.base(), ring.base() + IN * p.kernelD * plane, 0f);
      new Task(n, rowBlock, from, ring, rows, products).planes(end);
    }
  }

  /** Four rows of the planes from {@code begin} on. */
  private final class Task {
    final int n;
    final int rowBlock;
    final int begin;
    final float[] ring;
    final int ringBase;
    final float[] rows;
    final int rowsBase;
    final float[] products;
    final int productsBase;
    final int productRow = (p.targetW + WinogradPlan.SLACK) * block;
    final WinogradRows input = new WinogradRows(IN, p.sourceW * p.sourceC);

    Task(int n, int rowBlock, int begin, Scratch ring, Scratch rows, Scratch products) {
      this.n = n;
      this.rowBlock = rowBlock;
      this.begin = begin;
      this.ring = ring.floats();
      ringBase = ring.base();
      this.rows = rows.floats();
      rowsBase = rows.base();
      this.products = products.floats();
      productsBase = products.base();
    }

    void planes(int end) {
      for (int i = 0; i < p.kernelD - 1; i++) {
        transform(i);
      }
      for (int z = begin; z < end; z++) {
        transform(z - begin + p.kernelD - 1);
        int first = Math.max(0, -(z + p.firstD));
        int last = Math.min(p.kernelD, p.sourceD - (z + p.firstD));
        for (int b = 0; b < blocks; b++) {
          for (int k = 0; k < IN; k++) {
            product(k, b, (z - begin) % p.kernelD, first, Math.max(first, last));
          }
          output(z, b);
        }
      }
    }

    /** Puts the i-th source plane of this task into the ring. */
    private void transform(int i) {
      int z = begin + p.firstD + i;
      if (z < 0 || z >= p.sourceD) {
        return;
      }
      int length = p.sourceW * p.sourceC;
      int from = sourceOffset + (n * p.sourceD + z) * p.sourceH * length;
      input.select(source, from, p.sourceRow(rowBlock), p.sourceH);
      transforms.input(input.array(), input.at(), rows, rowsBase, length, length);
      // Ring column j is source column firstW + j; columns outside stay zero.
      int lo = Math.max(0, -p.firstW);
      int hi = Math.min(p.targetW + p.kernelW - 1, p.sourceW - p.firstW);
      for (int k = 0; k < IN; k++) {
        int to = ringBase + (k * p.kernelD + i % p.kernelD) * plane + lo;
        int row = rowsBase + k * length + (p.firstW + lo) * p.sourceC;
        ConvPacking.transpose(rows, row, p.sourceC, ring, to, pitch, p.sourceC, hi - lo);
      }
    }

    /** One row of products of one block of channels, cut into nearly equal register tiles. */
    private void product(int k, int b, int rotation, int first, int last) {
      int width = width(b);
      int nv = width / lanes;
      int line = p.kernelW * p.sourceC;
      int w = weightsAt(k, b) + first * line * width;
      int x = ringBase + k * p.kernelD * plane;
      int to = productsBase + k * productRow;
      // Product 1 goes into all four rows with factor 1, so it carries the bias.
      float[] start = k == 1 ? bias : ZEROS;
      int at = k == 1 ? b * block : 0;
      int max = kernels.maxRows(nv);
      int tiles = (p.targetW + max - 1) / max;
      int q = 0;
      for (int i = 0; q < p.targetW; i++) {
        int left = tiles - i;
        int count = kernels.gatherRows((p.targetW - q + left - 1) / left, nv);
        kernels.gather(
            count,
            nv,
            weights,
            w,
            tables[rotation],
            first * line,
            last * line,
            ring,
            x + q,
            start,
            at,
            0,
            products,
            to + q * width,
            width);
        q += count;
      }
    }

    private void output(int z, int b) {
      int y = rowBlock * WinogradKernels.OUT;
      int[] at = new int[Math.min(WinogradKernels.OUT, p.targetH - y)];
      for (int r = 0; r < at.length; r++) {
        int line = (n * p.targetD + z) * p.targetH + y + r;
        at[r] = targetOffset + line * p.targetW * p.targetC + b * block;
      }
      int valid = Math.min(block, p.targetC - b * block);
      transforms.output(
          products, productsBase, productRow, width(b), p.targetW, valid, target, at, p.targetC);
    }
  }
}
