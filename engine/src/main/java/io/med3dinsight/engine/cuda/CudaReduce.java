package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Launches of sums. Their order depends on shapes alone. */
public final class CudaReduce {
  private static final int BLOCK = 256;

  /** Blocks that fill any device; a constant, so that results do not depend on the device. */
  private static final int BLOCKS = 1024;

  private CudaReduce() {}

  /** Numbers of one type somewhere in device memory. */
  private record Part(long address, DType type) {
    boolean aligned() {
      return (address & 15) == 0;
    }
  }

  /**
   * {@code y} = x summed over the axes where y (aligned from the last axis) has extent 1 or none.
   */
  public static void sum(CudaBackend cuda, Tensor x, Tensor y) {
    Shape target = y.shape();
    if (x.size() == 0) {
      CudaArrange.fill(cuda, y, 0f);
      return;
    }
    List<Integer> extents = new ArrayList<>();
    List<Boolean> kept = new ArrayList<>();
    for (int a = 0; a < x.rank(); a++) {
      int i = x.rank() - a;
      boolean keep = i <= target.rank() && target.dim(-i) != 1;
      int last = extents.size() - 1;
      if (x.dim(a) == 1) {
        continue;
      }
      if (last >= 0 && kept.get(last) == keep) {
        extents.set(last, extents.get(last) * x.dim(a));
      } else {
        extents.add(x.dim(a));
        kept.add(keep);
      }
    }
    groups(
        cuda,
        new Part(cuda.address(x), x.dtype()),
        extents,
        kept,
        new Part(cuda.address(y), y.dtype()));
  }

  /** Sums along one group of axes after the other, the longest first, so that the rest is small. */
  private static void groups(
      CudaBackend cuda, Part x, List<Integer> extents, List<Boolean> kept, Part y) {
    int group = -1;
    int left = 0;
    for (int k = 0; k < extents.size(); k++) {
      if (!kept.get(k)) {
        left++;
        group = group < 0 || extents.get(k) > extents.get(group) ? k : group;
      }
    }
    int outer = 1;
    int inner = 1;
    for (int k = 0; k < extents.size(); k++) {
      outer *= k < group ? extents.get(k) : 1;
      inner *= k > group ? extents.get(k) : 1;
    }
    if (left == 0) {
      cuda.driver().copy(y.address, x.address, (long) inner * x.type.bytes());
    } else if (left == 1) {
      middle(cuda, x, outer, extents.get(group), inner, y);
    } else {
      try (DeviceScratch s = cuda.scratch(4L * outer * inner)) {
        Part sums = new Part(s.address(), DType.F32);
        middle(cuda, x, outer, extents.get(group), inner, sums);
        List<Integer> e = new ArrayList<>(extents);
        List<Boolean> k = new ArrayList<>(kept);
        e.remove(group);
        k.remove(group);
        groups(cuda, sums, e, k, y);
      }
    }
  }

  /** {@code y[o,i] = sum over m of x[o,m,i]}. */
  private static void middle(CudaBackend cuda, Part x, int outer, int mid, int inner, Part y) {
    if (inner > 1) {
      columns(cuda, x, outer, mid, inner, y);
    } else if (mid <= BLOCK || outer >= BLOCKS) {
      rows(cuda, x, outer, mid, y);
    } else {
      segments(cuda, x, outer, mid, y);
    }
  }

  private static String kernel(String name, Part x, Part y) {
    String from = x.type == DType.BF16 ? "_bf16" : "_f32";
    String to = y.type == DType.BF16 ? "_bf16" : "_f32";
    return "reduce_" + name + (from.equals(to) ? from : from + to);
  }

  private static void rows(CudaBackend cuda, Part x, int count, int length, Part y) {
    int size = 16 / x.type.bytes();
    boolean packs = x.aligned() && length % size == 0;
    int lanes = Math.min(32, powerAtLeast(packs ? length / size : length));
    cuda.kernel(kernel("rows", x, y))
        .over((long) count * lanes)
        .pointer(x.address)
        .pointer(y.address)
        .i32(count)
        .i32(length)
        .i32(lanes)
        .i32(packs ? 1 : 0)
        .run();
  }

  private static void segments(CudaBackend cuda, Part x, int count, int length, Part y) {
    int size = 16 / x.type.bytes();
    boolean packs = x.aligned() && (count == 1 || length % size == 0);
    int wanted = Math.min(parts(length, 8 * BLOCK), parts(BLOCKS, count));
    int segment = parts(parts(length, wanted), 8) * 8;
    int perRow = parts(length, segment);
    try (DeviceScratch s = perRow > 1 ? cuda.scratch(4L * count * perRow) : null) {
      Part sums = s == null ? y : new Part(s.address(), DType.F32);
      cuda.kernel(kernel("segments", x, sums))
          .grid((long) count * perRow)
          .block(BLOCK)
          .pointer(x.address)
          .pointer(sums.address)
          .i32(length)
          .i32(perRow)
          .i32(segment)
          .i32(packs ? 1 : 0)
          .run();
      if (s != null) {
        middle(cuda, sums, count, perRow, 1, y);
      }
    }
  }

  private static void columns(CudaBackend cuda, Part x, int outer, int mid, int inner, Part y) {
    int size = 16 / x.type.bytes();
    boolean packs = x.aligned() && y.aligned() && inner % size == 0;
    int width = packs ? inner / size : inner;
    int count = outer * width;
    ColumnTiles t = ColumnTiles.of(count, mid, 8, BLOCKS);
    try (DeviceScratch s =
        t.perColumn() > 1 ? cuda.scratch(4L * outer * t.perColumn() * inner) : null) {
      Part sums = s == null ? y : new Part(s.address(), DType.F32);
      cuda.kernel(kernel(packs ? "columnpacks" : "columns", x, sums))
          .grid(t.blocks())
          .block(BLOCK)
          .pointer(x.address)
          .pointer(sums.address)
          .i32(count)
          .i32s(Words.divisorOf(width))
          .i32(mid)
          .i32(t.across())
          .i32(t.perColumn())
          .i32(t.segment())
          .run();
      if (s != null) {
        middle(cuda, sums, outer, t.perColumn(), inner, y);
      }
    }
  }

  /** {@code y = x / max(x)} for each problem [B1,B2] of x [P,B1,B2]. */
  public static void divideByMax(CudaBackend cuda, Tensor x, Tensor y) {
    if (x.size() > 0) {
      cuda.kernel("reduce_dividebymax_f32")
          .grid(x.dim(0))
          .block(BLOCK)
          .buffer(x)
          .buffer(y)
          .i32(x.dim(1) * x.dim(2))
          .run();
    }
  }

  /** The gradient of that. */
  public static void divideByMaxGrad(CudaBackend cuda, Tensor g, Tensor x, Tensor dx) {
    if (x.size() > 0) {
      cuda.kernel("reduce_dividebymaxgrad_f32")
          .grid(x.dim(0))
          .block(BLOCK)
          .buffer(g)
          .buffer(x)
          .buffer(dx)
          .i32(x.dim(1) * x.dim(2))
          .run();
    }
  }

  /** {@code ceil(n / size)}. */
  static int parts(int n, int size) {
    return (int) (((long) n + size - 1) / size);
  }

  static int powerAtLeast(int n) {
    return n <= 1 ? 1 : Integer.highestOneBit(n - 1) << 1;
  }
}
