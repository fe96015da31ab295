package io.med3dinsight.engine.cpu;

import java.util.Arrays;
import java.util.List;

/**
 * Depthwise convolution (one input and one output channel per group), its gradient with respect to
 * the input and that with respect to the weights. Vectors run over channels; a task works on a
 * zero-padded copy of the rows it needs, channels filled up to whole vectors.
 */
final class ConvDepthwise {
  /** Source rows of one task, in floats. */
  private static final int TILE = 256 << 10;

  private static final int TASKS = 16;

  private final CpuBackend cpu;
  private final ConvDepthwiseKernels kernels;
  private final ConvGeometry g;
  private final boolean backward;
  private final ConvAxis[] axes;
  private final List<ConvPhase> z;
  private final List<ConvPhase> y;
  private final List<ConvPhase> x;
  private final int minZ;
  private final int minY;
  private final int minX;
  private final int channels;
  private final int pitch;
  private final int columns;
  private final int spanZ;
  private final int spanY;
  private int tileZ;
  private int tileY;

  private float[] source;
  private int sourceOffset;

  ConvDepthwise(CpuBackend cpu, ConvGeometry g, boolean backward) {
    this.cpu = cpu;
    this.kernels = cpu.kernels().depthwise();
    this.g = g;
    this.backward = backward;
    axes = new ConvAxis[] {g.d(), g.h(), g.w()};
    z = phases(0);
    y = phases(1);
    x = phases(2);
    minZ = ConvPhase.minOff(z);
    minY = ConvPhase.minOff(y);
    minX = ConvPhase.minOff(x);
    spanZ = ConvPhase.maxOff(z) - minZ;
    spanY = ConvPhase.maxOff(y) - minY;
    channels = g.inChannels();
    int lanes = kernels.lanes();
    pitch = (channels + lanes - 1) / lanes * lanes;
    columns = (ConvPhase.maxCount(x) - 1) * x.get(0).inStep() + ConvPhase.maxOff(x) - minX + 1;
    tileZ = ConvPhase.maxCount(z);
    tileY = ConvPhase.maxCount(y);
    while (tileZ * tileY > 1
        && ((long) depth() * height() * columns * pitch > TILE || tiles() * g.batch() < TASKS)) {
      if (tileZ >= tileY) {
        tileZ = (tileZ + 1) / 2;
      } else {
        tileY = (tileY + 1) / 2;
      }
    }
  }

  /** Whether this is a depthwise convolution. */
  static boolean fits(ConvGeometry g) {
    return g.groups() > 1 && g.groupIn() == 1 && g.groupOut() == 1;
  }

  private List<ConvPhase> phases(int axis) {
    return backward ? ConvPhase.backward(axes[axis]) : ConvPhase.forward(axes[axis]);
  }

  private int source(int axis) {
    return backward ? axes[axis].out() : axes[axis].in();
  }

  private int target(int axis) {
    return backward ? axes[axis].in() : axes[axis].out();
  }

  private int depth() {
    return (tileZ - 1) * z.get(0).inStep() + spanZ + 1;
  }

  private int height() {
    return (tileY - 1) * y.get(0).inStep() + spanY + 1;
  }

  private int tilesY() {
    return (ConvPhase.maxCount(y) + tileY - 1) / tileY;
  }

  private int tiles() {
    return (ConvPhase.maxCount(z) + tileZ - 1) / tileZ * tilesY();
  }

  private int tileSize() {
    return Math.multiplyExact(Math.multiplyExact(depth(), height()), columns * pitch);
  }

  /** The source rows of a tile, zero-padded. */
  private void copy(int tile, float[] to, int o) {
    int n = tile / tiles();
    int z0 = tile % tiles() / tilesY() * tileZ * z.get(0).inStep() + minZ;
    int y0 = tile % tiles() % tilesY() * tileY * y.get(0).inStep() + minY;
    int row = columns * pitch;
    for (int dz = 0; dz < depth(); dz++) {
      for (int dy = 0; dy < height(); dy++) {
        boolean inside = z0 + dz >= 0 && z0 + dz < source(0) && y0 + dy >= 0 && y0 + dy < source(1);
        int from =
            sourceOffset + ((n * source(0) + z0 + dz) * source(1) + y0 + dy) * source(2) * channels;
        ConvPadding.row(
            source,
            from,
            inside ? source(2) : 0,
            minX,
            columns,
            channels,
            pitch,
            to,
            o + (dz * height() + dy) * row);
      }
    }
  }

  /** Where the taps of a combination of phases lie in the copy. */
  private int[] table(ConvPhase pz, ConvPhase py, ConvPhase px) {
    int[] t = new int[pz.taps() * py.taps() * px.taps()];
    int n = 0;
    for (int oz : pz.off()) {
      for (int oy : py.off()) {
        for (int ox : px.off()) {
          t[n++] = (((oz - minZ) * height() + oy - minY) * columns + ox - minX) * pitch;
        }
      }
    }
    return t;
  }

  /** Convolution or input gradient, with a bias per target channel, which may be null. */
  void run(float[] src, int so, float[] w, int wo, float[] b, int bo, float[] dst, int to) {
    source = src;
    sourceOffset = so;
    float[] bias = new float[pitch];
    if (b != null) {
      System.arraycopy(b, bo, bias, 0, channels);
    }
    int combos = z.size() * y.size() * x.size();
    int[][] tables = new int[combos][];
    float[][] weights = new float[combos][];
    for (int f = 0; f < combos; f++) {
      tables[f] = table(phaseZ(f), phaseY(f), phaseX(f));
      weights[f] = weights(phaseZ(f), phaseY(f), phaseX(f), w, wo);
    }
    cpu.parallel()
        .run(
            g.batch() * tiles(),
            tile -> {
              try (Scratch copy = cpu.scratch(Math.max(1, tileSize()))) {
                copy(tile, copy.floats(), copy.base());
                for (int f = 0; f < combos; f++) {
                  gather(tile, f, tables[f], weights[f], bias, copy, dst, to);
                }
              }
            });
  }

  private ConvPhase phaseZ(int f) {
    return z.get(f / (y.size() * x.size()));
  }

  private ConvPhase phaseY(int f) {
    return y.get(f / x.size() % y.size());
  }

  private ConvPhase phaseX(int f) {
    return x.get(f % x.size());
  }

  private float[] weights(ConvPhase pz, ConvPhase py, ConvPhase px, float[] w, int wo) {
    float[] packed = new float[pz.taps() * py.taps() * px.taps() * pitch];
    int n = 0;
    for (int kz : pz.tap()) {
      for (int ky : py.tap()) {
        for (int kx : px.tap()) {
          int from = wo + ((kz * g.h().kernel() + ky) * g.w().kernel() + kx) * channels;
          System.arraycopy(w, from, packed, n, channels);
          n += pitch;
        }
      }
    }
    return packed;
  }

  private void gather(
      int tile, int f, int[] table, float[] w, float[] bias, Scratch copy, float[] dst, int to) {
    ConvPhase pz = phaseZ(f);
    ConvPhase py = phaseY(f);
    ConvPhase px = phaseX(f);
    int n = tile / tiles();
    int qz = tile % tiles() / tilesY() * tileZ;
    int qy = tile % tiles() % tilesY() * tileY;
    for (int i = qz; i < Math.min(qz + tileZ, pz.count()); i++) {
      for (int j = qy; j < Math.min(qy + tileY, py.count()); j++) {
        int row = (i - qz) * pz.inStep() * height() + (j - qy) * py.inStep();
        int line =
            (n * target(0) + pz.start() + i * pz.step()) * target(1) + py.start() + j * py.step();
        int o = to + (line * target(2) + px.start()) * channels;
        row(table, w, bias, copy.floats(), copy.base() + row * columns * pitch, px, dst, o);
      }
    }
  }

  private void row(
      int[] table,
      float[] w,
      float[] bias,
      float[] from,
      int fo,
      ConvPhase px,
      float[] dst,
      int to) {
    int lanes = kernels.lanes();
    int xs = px.inStep() * pitch;
    int ys = px.step() * channels;
    float[] edge = null;
    for (int c = 0; c < pitch; c += lanes) {
      boolean whole = c + lanes <= channels;
      if (!whole) {
        edge = new float[kernels.maxRows() * lanes];
      }
      int rows;
      for (int q = 0; q < px.count(); q += rows) {
        rows = kernels.rows(px.count() - q);
        int at = to + q * ys + c;
        if (whole) {
          kernels.gather(rows, w, c, pitch, table, from, fo + q * xs + c, xs, bias, c, dst, at, ys);
        } else {
          kernels.gather(
              rows, w, c, pitch, table, from, fo + q * xs + c, xs, bias, c, edge, 0, lanes);
          for (int r = 0; r < rows; r++) {
            System.arraycopy(edge, r * lanes, dst, at + r * ys, channels - c);
          }
        }
      }
    }
  }

  /** Gradient with respect to the weights, given x and the gradient dy of the outputs. */
  void weightGradient(float[] input, int xo, float[] gradient, int yo, float[] dw, int wo) {
    source = input;
    sourceOffset = xo;
    int[] taps = table(z.get(0), y.get(0), x.get(0));
    int tapRows = kernels.tapRows();
    int padded = (taps.length + tapRows - 1) / tapRows * tapRows;
    int[] table = Arrays.copyOf(taps, padded);
    try (Scratch s = cpu.scratch(padded * pitch)) {
      new ConvPartialSums(cpu, g.batch() * tiles(), padded * pitch, Integer.MAX_VALUE)
          .run(
              1,
              (split, from, to, sum, o) -> tiles(table, from, to, gradient, yo, sum, o),
              s.floats(),
              s.base());
      for (int t = 0; t < taps.length; t++) {
        System.arraycopy(s.floats(), s.base() + t * pitch, dw, wo + t * channels, channels);
      }
    }
  }

  private void tiles(int[] table, int from, int to, float[] dy, int yo, float[] sum, int o) {
    Arrays.fill(sum, o, o + table.length * pitch, 0f);
    boolean padded = pitch != channels;
    int width = target(2);
    try (Scratch copy = cpu.scratch(Math.max(1, tileSize()));
        Scratch line = cpu.scratch(padded ? width * pitch : 1)) {
      for (int tile = from; tile < to; tile++) {
        copy(tile, copy.floats(), copy.base());
        int n = tile / tiles();
        int qz = tile % tiles() / tilesY() * tileZ;
        int qy = tile % tiles() % tilesY() * tileY;
        for (int i = qz; i < Math.min(qz + tileZ, target(0)); i++) {
          for (int j = qy; j < Math.min(qy + tileY, target(1)); j++) {
            int row = (i - qz) * z.get(0).inStep() * height() + (j - qy) * y.get(0).inStep();
            int at = yo + ((n * target(0) + i) * target(1) + j) * width * channels;
            if (padded) {
              ConvPadding.row(dy, at, width, 0, width, channels, pitch, line.floats(), line.base());
            }
            weightRow(
                table,
                copy.floats(),
                copy.base() + row * columns * pitch,
                padded ? line.floats() : dy,
                padded ? line.base() : at,
                sum,
                o);
          }
        }
      }
    }
  }

  private void weightRow(
      int[] table, float[] from, int fo, float[] dy, int at, float[] sum, int o) {
    int xs = x.get(0).inStep() * pitch;
    for (int c = 0; c < pitch; c += kernels.lanes()) {
      for (int t = 0; t < table.length; t += kernels.tapRows()) {
        kernels.weight(
            from,
            fo + c,
            xs,
            table,
            t,
            dy,
            at + c,
            pitch,
            target(2),
            sum,
            o + t * pitch + c,
            pitch);
      }
    }
  }
}
