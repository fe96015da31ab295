package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/**
 * Convolutions by the kernels of the family conv: kernels of one element as plain matrix products,
 * depthwise and narrowly grouped ones directly, all others as implicit matrix products. Does every
 * convolution.
 */
final class CudaConv implements Convolutions {
  /** Entries of the table of k and their bytes, bytes for each row, in conv.cu's Tables. */
  private static final int TABLE_BYTES = 256 * 16;

  private static final int ROW_BYTES = 12;

  /** Taps that a block of conv_directweights keeps in registers. */
  private static final int TAPS_PER_BLOCK = 9;

  /** Groups of at most this many channels are not worth a tile of 32 columns. */
  private static final int NARROW = 4;

  private static final List<Tile> GATHER_FLOATS =
      List.of(
          Tile.floats("conv_gather128x64_f32", 128, 64, 16, 128, 3),
          Tile.floats("conv_gather128x32_f32", 128, 32, 16, 128, 3));
  private static final List<Tile> GATHER_TF32 =
      List.of(
          Tile.tf32("conv_gather128x128_tf32", 128, 128, 256),
          Tile.tf32("conv_gather128x64_tf32", 128, 64, 128),
          Tile.tf32("conv_gather128x32_tf32", 128, 32, 128));
  private static final List<Tile> GATHER_HALVES =
      List.of(
          Tile.halves("conv_gather128x128_bf16", 128, 128, 256, 3),
          Tile.halves("conv_gather128x64_bf16", 128, 64, 128, 3),
          Tile.halves("conv_gather128x32_bf16", 128, 32, 128, 4));
  private static final List<Tile> WEIGHTS_FLOATS =
      List.of(
          Tile.floats("conv_weights64x64_f32", 64, 64, 16, 128, 3),
          Tile.floats("conv_weights64x32_f32", 64, 32, 16, 128, 3));
  private static final List<Tile> WEIGHTS_TF32 =
      List.of(
          Tile.tf32("conv_weights64x64_tf32", 64, 64, 128),
          Tile.tf32("conv_weights64x32_tf32", 64, 32, 128));
  private static final List<Tile> WEIGHTS_HALVES =
      List.of(
          Tile.halves("conv_weights64x64_bf16", 64, 64, 128, 4),
          Tile.halves("conv_weights64x32_bf16", 64, 32, 128, 4));

  private final CudaBackend cuda;
  private final CudaMatMul products;

  CudaConv(CudaBackend cuda, CudaMatMul products) {
    this.cuda = cuda;
    this.products = products;
  }

  @Override
  public String description() {
    return "own kernels";
  }

  // ---- forward and input gradient

  @Override
  public boolean forward(ConvGeometry g, Tensor x, Tensor w, Tensor bias, Tensor y) {
    if (pointwise(g)) {
      int voxels = y.size() / g.outChannels();
      product(voxels, g.outChannels(), g.inChannels(), x, false, w, g.outFirst(), bias, y);
    } else if (narrow(g) || !ConvTask.forward(g, false).fitsMasks()) {
      direct(ConvTask.forward(g, g.outFirst()), x, w, bias, y);
    } else {
      gather(g, false, null, x, w, bias, y);
    }
    return true;
  }

  @Override
  public boolean inputGradient(ConvGeometry g, Tensor dy, Tensor w, Tensor bias, Tensor dx) {
    if (pointwise(g)) {
      int voxels = dx.size() / g.inChannels();
      product(voxels, g.inChannels(), g.outChannels(), dy, false, w, !g.outFirst(), bias, dx);
    } else if (narrow(g) || !ConvTask.inputGradient(g, false).fitsMasks()) {
      direct(ConvTask.inputGradient(g, g.outFirst()), dy, w, bias, dx);
    } else {
      gather(g, true, null, dy, w, bias, dx);
    }
    return true;
  }

  /** Whether each voxel is multiplied by one matrix. */
  private static boolean pointwise(ConvGeometry g) {
    return g.groups() == 1 && plain(g.d()) && plain(g.h()) && plain(g.w());
  }

  private static boolean plain(ConvAxis a) {
    return a.kernel() == 1 && a.stride() == 1 && a.pad() == 0;
  }

  private void product(
      int m,
      int n,
      int k,
      Tensor a,
      boolean transposeA,
      Tensor b,
      boolean transposeB,
      Tensor bias,
      Tensor y) {
    products.run(new MatrixTask(m, n, k, a, transposeA, b, transposeB, MatrixBatch.ONE, bias, y));
  }

  /** Whether tiles would be nearly empty. */
  private static boolean narrow(ConvGeometry g) {
    return g.groups() > 1 && Math.max(g.groupIn(), g.groupOut()) <= NARROW;
  }

  private void direct(ConvTask t, Tensor source, Tensor w, Tensor bias, Tensor y) {
    boolean depthwise = t.groups() > 1 && t.channels() == 1 && t.outputs() == 1 && t.phases() == 1;
    boolean window = t.w().kernel() == 3 && t.w().dilation() == 1 && t.w().stride() == 1;
    String kernel = depthwise ? window ? "conv_depthwise3" : "conv_depthwise" : "conv_direct";
    // A thread of the depthwise kernels computes four voxels.
    long threads = depthwise ? Tile.ceil(y.size(), 4) : y.size();
    cuda.kernel(kernel, source.dtype())
        .over(threads)
        .buffer(source)
        .buffer(w)
        .buffer(bias)
        .buffer(y)
        .i32s(t.ints(1, CudaMatMul.resultFlags(y.dtype()), false, false, 0))
        .run();
  }

  private Arithmetic arithmetic(DType type) {
    return type == DType.BF16
        ? Arithmetic.BF16
        : cuda.arithmetic() == Arithmetic.TF32 ? Arithmetic.TF32 : Arithmetic.FP32;
  }

  /** The tiles of forward passes and input gradients. */
  static List<Tile> gatherTiles(Arithmetic a) {
    return a == Arithmetic.BF16
        ? GATHER_HALVES
        : a == Arithmetic.TF32 ? GATHER_TF32 : GATHER_FLOATS;
  }

  /** The tiles of weight gradients. */
  static List<Tile> weightTiles(Arithmetic a) {
    return a == Arithmetic.BF16
        ? WEIGHTS_HALVES
        : a == Arithmetic.TF32 ? WEIGHTS_TF32 : WEIGHTS_FLOATS;
  }

  private Tile.Choice choose(List<Tile> tiles, long m, ConvTask t, long k) {
    return Tile.choose(
        tiles,
        m,
        t.outputs(),
        k,
        (long) t.phases() * t.groups(),
        cuda.properties().multiprocessors(),
        cuda.options().workspaceBytes());
  }

  /**
   * Queues a forward pass or an input gradient as an implicit matrix product.
   *
   * @param choice the tile, or null for the one that fits best
   */
  void gather(
      ConvGeometry g,
      boolean transposed,
      Tile.Choice choice,
      Tensor source,
      Tensor w,
      Tensor bias,
      Tensor y) {
    // Tensor cores on BF16 want the weights' columns to be neighbours; the other kernels transpose.
    boolean swap = source.dtype() == DType.BF16 && g.outFirst() != transposed;
    boolean outFirst = swap != g.outFirst();
    ConvTask t =
        (transposed ? ConvTask.inputGradient(g, outFirst) : ConvTask.forward(g, outFirst)).merged();
    int vector = 16 / source.dtype().bytes();
    try (DeviceScratch x = operand(source, t.evenSource(vector));
        DeviceScratch v = swap ? swapped(g, w) : operand(w, t.evenWeights(vector))) {
      boolean vectorA = t.evenSource(vector) && x.address() % 16 == 0;
      boolean vectorB = t.evenWeights(vector) && v.address() % 16 == 0;
      Tile.Choice c =
          choice != null
              ? choice
              : choose(gatherTiles(arithmetic(source.dtype())), t.phaseVoxels(), t, t.depth());
      Plan plan = new Plan(t, c, t.phaseVoxels(), vectorA, vectorB, t.targetPitch());
      run(plan, x.address(), v.address(), bias, cuda.address(y), y.size(), y.dtype());
    }
  }

  /**
   * One launch of tiles.
   *
   * @param rows of the product
   * @param pitch distance of two rows of results
   */
  private record Plan(
      ConvTask task, Tile.Choice choice, long rows, boolean vectorA, boolean vectorB, int pitch) {}

  private void run(Plan p, long a, long b, Tensor bias, long y, int size, DType type) {
    ConvTask t = p.task;
    Tile tile = p.choice.tile();
    int splits = p.choice.splits();
    try (DeviceScratch sums = splits > 1 ? cuda.scratch(4L * size * splits) : null) {
      long to = splits > 1 ? sums.address() : y;
      int flags = splits > 1 ? 0 : CudaMatMul.resultFlags(type);
      boolean runs = t.outputs() % 4 == 0 && p.pitch % 4 == 0 && to % 16 == 0;
      flags |= runs ? CudaMatMul.RESULT_RUNS : 0;
      long tilesM = Tile.ceil(p.rows, tile.rows());
      long tilesN = Tile.ceil(t.outputs(), tile.columns());
      cuda.kernel(tile.name())
          .grid(tilesM * tilesN * t.phases() * t.groups() * splits)
          .block(tile.threads())
          .shared(tile.ringBytes() + TABLE_BYTES + ROW_BYTES * tile.rows())
          .pointer(a)
          .pointer(b)
          .buffer(splits > 1 ? null : bias)
          .pointer(to)
          .i32s(t.ints(splits, flags, p.vectorA, p.vectorB, tilesM))
          .run();
      if (splits > 1) {
        products.sum(sums, splits, bias, p.pitch, y, size, type);
      }
    }
  }

  /** BF16 that could be read 16 bytes at a time but for where it starts is copied. */
  private DeviceScratch operand(Tensor x, boolean even) {
    return even && x.dtype() == DType.BF16
        ? cuda.aligned(x)
        : DeviceScratch.borrowed(cuda.address(x));
  }

  // ---- weights with their last two axes exchanged

  private DeviceScratch swapped(ConvGeometry g, Tensor w) {
    DeviceScratch s = cuda.scratch((long) w.size() * w.dtype().bytes());
    int rows = g.outFirst() ? g.outChannels() : g.groupIn();
    int columns = g.outFirst() ? g.groupIn() : g.outChannels();
    swap(cuda.address(w), s.address(), w.dtype(), g.taps(), rows, columns);
    return s;
  }

  /** Exchanges the last two axes of weights [taps, rows, columns]. */
  private void swap(long from, long to, DType type, int taps, int rows, int columns) {
    cuda.kernel("conv_swap", type)
        .grid(Tile.ceil(columns, 32), Tile.ceil(rows, 32), Math.min(taps, 65535))
        .block(32, 8)
        .pointer(from)
        .pointer(to)
        .i32(taps)
        .i32(rows)
        .i32(columns)
        .run();
  }

  // ---- weight gradient

  @Override
  public boolean weightGradient(ConvGeometry g, Tensor x, Tensor dy, Tensor dw) {
    int voxels = dy.size() / g.outChannels();
    if (pointwise(g)) {
      if (g.outFirst()) {
        product(g.outChannels(), g.inChannels(), voxels, dy, true, x, false, null, dw);
      } else {
        product(g.inChannels(), g.outChannels(), voxels, x, true, dy, false, null, dw);
      }
    } else {
      weightGradient(g, null, x, dy, dw);
    }
    return true;
  }

  /**
   * Queues a weight gradient.
   *
   * @param choice the tile of an implicit matrix product, or null for what fits best
   */
  void weightGradient(ConvGeometry g, Tile.Choice choice, Tensor x, Tensor dy, Tensor dw) {
    ConvTask t = ConvTask.forward(g, false).merged();
    boolean direct =
        choice == null && (!t.fitsMasks() || g.groups() > 1 && g.groupIn() == 1 && narrow(g));
    // The kernels write [taps, Cin / groups, Cout].
    boolean swap = g.outFirst() && g.groupIn() > 1 && g.outChannels() > 1;
    long bytes = (long) dw.size() * dw.dtype().bytes();
    try (DeviceScratch to = swap ? cuda.scratch(bytes) : DeviceScratch.borrowed(cuda.address(dw))) {
      if (direct) {
        directWeights(ConvTask.forward(g, false), x, dy, to.address(), dw);
      } else {
        tiledWeights(t, choice, x, dy, to.address(), dw);
      }
      if (swap) {
        swap(to.address(), cuda.address(dw), dw.dtype(), g.taps(), g.groupIn(), g.outChannels());
      }
    }
  }

  private void tiledWeights(
      ConvTask t, Tile.Choice choice, Tensor x, Tensor dy, long to, Tensor dw) {
    int vector = 16 / x.dtype().bytes();
    try (DeviceScratch a = operand(x, t.evenSource(vector));
        DeviceScratch b = operand(dy, t.evenTarget(vector))) {
      long rows = (long) t.taps() * t.channels();
      Tile.Choice c =
          choice != null
              ? choice
              : choose(weightTiles(arithmetic(x.dtype())), rows, t, t.targetVoxels());
      boolean vectorA = t.evenSource(vector) && a.address() % 16 == 0;
      boolean vectorB = t.evenTarget(vector) && b.address() % 16 == 0;
      Plan plan = new Plan(t, c, rows, vectorA, vectorB, t.targetPitch());
      run(plan, a.address(), b.address(), null, to, dw.size(), dw.dtype());
    }
  }

  private void directWeights(ConvTask t, Tensor x, Tensor dy, long to, Tensor dw) {
    long lines = t.targetVoxels() / t.w().out();
    long blocks =
        Tile.ceil(t.targetPitch(), 32) * Tile.ceil(t.taps(), TAPS_PER_BLOCK) * t.channels();
    long wanted = 8L * cuda.properties().multiprocessors() / blocks;
    int splits = (int) Math.max(1, Math.min(wanted, lines / 16));
    try (DeviceScratch sums = cuda.scratch(4L * dw.size() * splits)) {
      cuda.kernel("conv_directweights", x.dtype())
          .grid(blocks * splits)
          .block(32, 8)
          .buffer(x)
          .buffer(dy)
          .buffer(sums)
          .i32s(t.ints(splits, 0, false, false, 0))
          .run();
      products.sum(sums, splits, null, 1, to, dw.size(), dw.dtype());
    }
  }
}
