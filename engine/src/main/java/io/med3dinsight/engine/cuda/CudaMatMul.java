package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Matrix products by the kernels of the family matmul: tiles chosen by shape, the common dimension
 * split over blocks where the result alone is too small to fill the device (the parts are added up
 * in a fixed order), and kernels for a few vectors times a matrix. Does every product.
 */
final class CudaMatMul implements MatrixProducts {
  static final int RESULT_BF16 = 1;
  static final int RESULT_RUNS = 2;

  /** The most vectors for which a matrix is read as it is instead of in tiles. */
  private static final int VECTORS = 4;

  private static final List<Tile> FLOATS =
      List.of(
          Tile.floats("matmul_tile128_f32", 128, 128, 8, 256, 4),
          Tile.floats("matmul_tile128x32_f32", 128, 32, 16, 128, 3),
          Tile.floats("matmul_tile64_f32", 64, 64, 16, 128, 3));
  private static final List<Tile> TF32 =
      List.of(
          Tile.tf32("matmul_tile128_tf32", 128, 128, 256),
          Tile.tf32("matmul_tile128x32_tf32", 128, 32, 128),
          Tile.tf32("matmul_tile64_tf32", 64, 64, 128));

  private final CudaBackend cuda;

  CudaMatMul(CudaBackend cuda) {
    this.cuda = cuda;
  }

  @Override
  public String description() {
    return "own kernels";
  }

  @Override
  public boolean multiply(MatMul op, Tensor a, Tensor b, Tensor y) {
    boolean ta = op.transposeA();
    int m = y.dim(-2);
    int n = y.dim(-1);
    int k = a.dim(ta ? -2 : -1);
    MatrixBatch batch = MatrixBatch.of(a, b, y);
    if (!ta && batch.extents().length == 1 && batch.strideB()[0] == 0 && batch.strideA()[0] != 0) {
      // The right matrix serves the whole batch, whose left matrices are one below the other.
      m *= batch.count();
      batch = MatrixBatch.ONE;
    }
    run(new MatrixTask(m, n, k, a, ta, b, op.transposeB(), batch, null, y));
    return true;
  }

  /** Queues a product with the kernels that fit it best. */
  void run(MatrixTask t) {
    if (fewVectors(t)) {
      vectors(t, vectorSplits(t));
    } else {
      Tile.Choice c =
          Tile.choose(
              tiles(t, arithmetic(t)),
              t.m(),
              t.n(),
              t.k(),
              t.batch().count(),
              cuda.properties().multiprocessors(),
              cuda.options().workspaceBytes());
      tiles(t, c);
    }
  }

  private Arithmetic arithmetic(MatrixTask t) {
    return t.halves()
        ? Arithmetic.BF16
        : cuda.arithmetic() == Arithmetic.TF32 ? Arithmetic.TF32 : Arithmetic.FP32;
  }

  /** The tiles that can do a product. */
  static List<Tile> tiles(MatrixTask t, Arithmetic arithmetic) {
    if (!t.halves()) {
      return arithmetic == Arithmetic.TF32 ? TF32 : FLOATS;
    }
    String layout = t.layout();
    List<Tile> tiles = new ArrayList<>();
    tiles.add(Tile.halves("matmul_tile64" + layout + "_bf16", 64, 64, 128, 4));
    if (!layout.equals("tt")) {
      tiles.add(Tile.halves("matmul_tile128" + layout + "_bf16", 128, 128, 256, 3));
    }
    if (!t.transposeA()) {
      tiles.add(Tile.halves("matmul_tile128x32" + layout + "_bf16", 128, 32, 128, 4));
    }
    return tiles;
  }

  /** Queues a product with this tile. */
  void tiles(MatrixTask t, Tile.Choice choice) {
    boolean split = choice.splits() > 1;
    try (DeviceScratch a = operand(t.a(), t.evenLeft());
        DeviceScratch b = operand(t.b(), t.evenRight());
        DeviceScratch sums = split ? cuda.scratch(4 * t.size() * choice.splits()) : null) {
      long y = split ? sums.address() : cuda.address(t.y());
      int flags = split ? 0 : resultFlags(t.y().dtype());
      flags |= t.n() % 4 == 0 && y % 16 == 0 ? RESULT_RUNS : 0;
      Tile tile = choice.tile();
      cuda.kernel(tile.name())
          .grid(tile.count(t.m(), t.n()) * t.batch().count() * choice.splits())
          .block(tile.threads())
          .shared(tile.ringBytes())
          .pointer(a.address())
          .pointer(b.address())
          .buffer(split ? null : t.bias())
          .pointer(y)
          .i32s(product(t, choice.splits(), flags, a.address(), b.address()))
          .run();
      if (split) {
        sum(sums, choice.splits(), t);
      }
    }
  }

  /**
   * A BF16 operand whose rows could be read 16 bytes at a time but for where it starts is copied;
   * anything else is read where it is.
   */
  private DeviceScratch operand(Tensor x, boolean even) {
    return even && x.dtype() == DType.BF16
        ? cuda.aligned(x)
        : DeviceScratch.borrowed(cuda.address(x));
  }

  private static int[] product(MatrixTask t, int splits, int flags, long a, long b) {
    int[] p = new int[12 + 3 * MatrixBatch.MOST_AXES];
    p[0] = t.m();
    p[1] = t.n();
    p[2] = t.k();
    p[3] = t.transposeA() ? 1 : t.k();
    p[4] = t.transposeA() ? t.m() : 1;
    p[5] = t.transposeB() ? t.k() : 1;
    p[6] = t.transposeB() ? 1 : t.n();
    p[7] = t.evenLeft() && a % 16 == 0 ? 1 : 0;
    p[8] = t.evenRight() && b % 16 == 0 ? 1 : 0;
    p[9] = splits;
    p[10] = flags;
    t.batch().put(p, 11);
    return p;
  }

  /** {@code y = sum over the splits + bias}; the bias has one number for each of the columns. */
  void sum(
      DeviceScratch partial, int splits, Tensor bias, int columns, long y, int size, DType type) {
    cuda.kernel("matmul_sum_splits")
        .over(size)
        .buffer(partial)
        .i32(splits)
        .i32(size)
        .buffer(bias)
        .i32(columns)
        .pointer(y)
        .i32(resultFlags(type))
        .run();
  }

  private void sum(DeviceScratch partial, int splits, MatrixTask t) {
    Tensor y = t.y();
    sum(partial, splits, t.bias(), t.n(), cuda.address(y), y.size(), y.dtype());
  }

  static int resultFlags(DType type) {
    return type == DType.BF16 ? RESULT_BF16 : 0;
  }

  // ---- few vectors

  /** Whether one side is so narrow that the product is limited by reading the other once. */
  private static boolean fewVectors(MatrixTask t) {
    return t.bias() == null && t.k() >= 32 && Math.min(t.m(), t.n()) <= VECTORS;
  }

  /** Whether the matrix is b, its vectors the rows of a. */
  private static boolean matrixIsRight(MatrixTask t) {
    return t.m() <= VECTORS && (t.n() > VECTORS || t.m() <= t.n());
  }

  /** Whether the matrix lies along the common dimension, so that a warp can take a row of it. */
  private static boolean alongSum(MatrixTask t) {
    return matrixIsRight(t) ? t.transposeB() : !t.transposeA();
  }

  private int vectorSplits(MatrixTask t) {
    if (alongSum(t)) {
      return 1;
    }
    long blocks = Tile.ceil(matrixIsRight(t) ? t.n() : t.m(), 32) * t.batch().count();
    long wanted = 8L * cuda.properties().multiprocessors() / blocks;
    return (int) Math.max(1, Math.min(wanted, t.k() / 64));
  }

  /** Queues a product of at most four vectors with a matrix. */
  void vectors(MatrixTask t, int splits) {
    boolean right = matrixIsRight(t);
    boolean along = alongSum(t);
    int columns = right ? t.n() : t.m();
    long blocks = Tile.ceil(columns, along ? 8 : 32) * t.batch().count() * splits;
    try (DeviceScratch sums = splits > 1 ? cuda.scratch(4 * t.size() * splits) : null) {
      cuda.kernel(along ? "matmul_dot" : "matmul_columns", t.a().dtype())
          .grid(blocks)
          .block(32, 8)
          .buffer(right ? t.a() : t.b())
          .buffer(right ? t.b() : t.a())
          .pointer(splits > 1 ? sums.address() : cuda.address(t.y()))
          .i32s(vectorProduct(t, right, splits))
          .run();
      if (splits > 1) {
        sum(sums, splits, t);
      }
    }
  }

  private static int[] vectorProduct(MatrixTask t, boolean right, int splits) {
    int[] p = new int[11 + 3 * MatrixBatch.MOST_AXES];
    p[0] = right ? t.m() : t.n();
    p[1] = right ? t.n() : t.m();
    p[2] = t.k();
    if (right) {
      p[3] = t.transposeA() ? 1 : t.k();
      p[4] = t.transposeA() ? t.m() : 1;
    } else {
      p[3] = t.transposeB() ? t.k() : 1;
      p[4] = t.transposeB() ? 1 : t.n();
    }
    p[5] = right ? t.n() : 1;
    p[6] = right ? 1 : t.n();
    p[7] = splits;
    p[8] = splits > 1 ? 0 : resultFlags(t.y().dtype());
    p[9] = right ? 1 : 0;
    t.batch().put(p, 10);
    return p;
  }
}
