package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/** Launches of kernels that pick by index, add by index, and find the largest. */
public final class CudaIndex {
  private static final int BLOCK = 256;

  /** Entries of a line up to which every element of the result may read all of them. */
  private static final int SCAN = 32;

  /** The same for rows of a table, which share their ids, so that these are in the cache. */
  private static final int SCAN_ROWS = 256;

  /** Lines that fill a device with a thread for each. */
  private static final int LINES = 1 << 14;

  /** Elements that a block of the radix sort has. */
  private static final int PER_BLOCK = 2048;

  private static final int DIGITS = 256;

  private CudaIndex() {}

  /** {@code y[i,:] = table[ids[i],:]}. */
  public static void rows(CudaBackend cuda, Tensor table, Tensor ids, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    int bytes = table.dtype().bytes();
    int width = table.dim(1);
    long bits = cuda.address(table) | cuda.address(y) | (long) width * bytes;
    int unit = CudaArrange.unit(bits, bytes);
    int units = (int) ((long) y.size() * bytes / unit);
    cuda.kernel("index_rows_b" + 8 * unit)
        .over(StridedMove.threads(units, unit))
        .buffer(table)
        .buffer(ids)
        .buffer(y)
        .i32(units)
        .i32s(Words.divisorOf(width * bytes / unit))
        .i32(table.dim(0))
        .run();
  }

  /** {@code y[o,k,i] = x[o,index[o,k,i],i]} along an axis. */
  public static void gather(CudaBackend cuda, Tensor x, int axis, Tensor index, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    Shape s = y.shape();
    cuda.kernel("index_gather_b" + 8 * x.dtype().bytes())
        .over(CudaReduce.parts(y.size(), 4))
        .buffer(x)
        .buffer(index)
        .buffer(y)
        .i32(y.size())
        .i32s(Words.divisorOf(s.product(axis + 1, s.rank())))
        .i32s(Words.divisorOf(s.dim(axis)))
        .i32(x.dim(axis))
        .run();
  }

  /** {@code y[id,:] = sum of g[i,:] over the i with ids[i] = id}. */
  public static void addRows(CudaBackend cuda, Tensor g, Tensor ids, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    int n = ids.size();
    if (n <= SCAN_ROWS) {
      scan(cuda, g, ids, 1, n, y.dim(1), y, y.dim(0), true);
    } else {
      sorted(cuda, g, cuda.address(ids), n, y.dim(0), y.dim(1), y);
    }
  }

  /** {@code y[o,j,i] = sum of x[o,k,i] over the k with index[o,k,i] = j} along an axis. */
  public static void scatterAdd(CudaBackend cuda, Tensor x, int axis, Tensor index, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    Shape s = x.shape();
    int outer = s.product(0, axis);
    int count = s.dim(axis);
    int inner = s.product(axis + 1, s.rank());
    if (count <= SCAN) {
      scan(cuda, x, index, outer, count, inner, y, y.dim(axis), false);
    } else if (outer * inner >= LINES) {
      lines(cuda, x, index, outer, count, inner, y, y.dim(axis));
    } else {
      try (DeviceScratch places = cuda.scratch(4L * x.size())) {
        cuda.kernel("index_sort_places")
            .over(x.size())
            .buffer(index)
            .buffer(places)
            .i32(x.size())
            .i32s(Words.divisorOf(inner))
            .i32s(Words.divisorOf(count))
            .i32(y.dim(axis))
            .i32(y.size())
            .run();
        sorted(cuda, x, places.address(), x.size(), y.size(), 1, y);
      }
    }
  }

  private static void scan(
      CudaBackend cuda,
      Tensor x,
      Tensor index,
      int outer,
      int count,
      int inner,
      Tensor y,
      int extent,
      boolean shared) {
    if (outer * inner > 0) {
      cuda.kernel("index_scatterscan", x.dtype())
          .over(y.size())
          .buffer(x)
          .buffer(index)
          .buffer(y)
          .i32(y.size())
          .i32s(Words.divisorOf(inner))
          .i32s(Words.divisorOf(extent))
          .i32(count)
          .i32(shared ? 1 : 0)
          .run();
    }
  }

  private static void lines(
      CudaBackend cuda,
      Tensor x,
      Tensor index,
      int outer,
      int count,
      int inner,
      Tensor y,
      int extent) {
    boolean convert = y.dtype() == DType.BF16;
    try (DeviceScratch sums = convert ? cuda.scratch(4L * y.size()) : null) {
      long to = sums == null ? cuda.address(y) : sums.address();
      cuda.kernel("index_scatterlines", x.dtype())
          .over(outer * inner)
          .buffer(x)
          .buffer(index)
          .pointer(to)
          .i32(outer * inner)
          .i32s(Words.divisorOf(inner))
          .i32(extent)
          .i32(count)
          .run();
      if (sums != null) {
        CudaElementwise.cast(cuda, to, DType.BF16, cuda.address(y), y.size());
      }
    }
  }

  /**
   * {@code y[r,:] = sum of x[i,:] over the i with keys[i] = r}, by sorting.
   *
   * @param keys n ints; those outside of [0, rows) count as {@code rows}
   */
  private static void sorted(
      CudaBackend cuda, Tensor x, long keys, int n, int rows, int width, Tensor y) {
    int blocks = CudaReduce.parts(n, PER_BLOCK);
    try (DeviceScratch pairs = cuda.scratch(16L * n);
        DeviceScratch counts = cuda.scratch(4L * DIGITS * blocks)) {
      long[] keysOf = {pairs.address(), pairs.address() + 8L * n};
      long from = keys;
      long numbers = 0;
      int pass = 0;
      for (int shift = 0; shift == 0 || rows >>> shift > 0 && shift < 32; shift += 8) {
        long to = keysOf[pass++ & 1];
        cuda.kernel("index_sort_count")
            .grid(blocks)
            .block(BLOCK)
            .pointer(from)
            .buffer(counts)
            .i32(n)
            .i32(shift)
            .i32(rows)
            .run();
        cuda.kernel("index_sort_scan")
            .grid(1)
            .block(1024)
            .buffer(counts)
            .i32(DIGITS * blocks)
            .run();
        cuda.kernel("index_sort_spread")
            .grid(blocks)
            .block(BLOCK)
            .pointer(from)
            .pointer(numbers)
            .pointer(to)
            .pointer(to + 4L * n)
            .buffer(counts)
            .i32(n)
            .i32(shift)
            .i32(rows)
            .run();
        from = to;
        numbers = to + 4L * n;
      }
      int across = Math.min(32, CudaReduce.powerAtLeast(width));
      // Several threads for each row, for the rows that get many: more where all do.
      int share =
          Math.min(
              BLOCK / across, CudaReduce.powerAtLeast(Math.max(width > 1 ? 4 : 1, n / rows / 8)));
      cuda.kernel("index_sort_sums", x.dtype())
          .grid(CudaReduce.parts(rows, BLOCK / (across * share)))
          .block(BLOCK)
          .buffer(x)
          .pointer(from)
          .pointer(numbers)
          .buffer(y)
          .i32(n)
          .i32(rows)
          .i32(width)
          .i32(across)
          .i32(share)
          .run();
    }
  }

  /** The largest (or smallest) along an axis, and where it is. */
  public static void extremum(
      CudaBackend cuda, Tensor x, int axis, boolean largest, Tensor y, Tensor where) {
    Shape s = x.shape();
    int inner = s.product(axis + 1, s.rank());
    int outer = s.product(0, axis);
    if (outer * inner > 0) {
      float sign = largest ? 1 : -1;
      extremum(cuda, x.dtype(), cuda.address(x), 0, outer, s.dim(axis), inner, sign, y, where);
    }
  }

  private static void extremum(
      CudaBackend cuda,
      DType type,
      long x,
      long places,
      int outer,
      int mid,
      int inner,
      float sign,
      Tensor y,
      Tensor where) {
    int columns = outer * inner;
    int neighbours = inner == 1 ? 1 : Math.min(32, CudaReduce.powerAtLeast(columns));
    ColumnTiles t = ColumnTiles.of(columns, mid, neighbours, 16, 512);
    boolean cut = t.perColumn() > 1;
    long parts = (long) columns * t.perColumn();
    try (DeviceScratch values = cut ? cuda.scratch(parts * type.bytes()) : null;
        DeviceScratch indices = cut ? cuda.scratch(parts * 4) : null) {
      cuda.kernel("index_extremum", type)
          .grid(t.blocks())
          .block(BLOCK)
          .pointer(x)
          .pointer(places)
          .pointer(cut ? values.address() : cuda.address(y))
          .pointer(cut ? indices.address() : cuda.address(where))
          .i32(columns)
          .i32s(Words.divisorOf(inner))
          .i32(mid)
          .i32(t.across())
          .i32(t.perColumn())
          .i32(t.segment())
          .f32(sign)
          .run();
      if (cut) {
        long v = values.address();
        long i = indices.address();
        extremum(cuda, type, v, i, outer, t.perColumn(), inner, sign, y, where);
      }
    }
  }

  /** Labels x [N,D,H,W] at another size, by nearest neighbour. */
  public static void nearestLabels(CudaBackend cuda, Tensor x, Size3 size, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    cuda.kernel("index_nearestlabels", DType.I32)
        .over(y.size())
        .buffer(x)
        .buffer(y)
        .i32(y.size())
        .i32s(axis(x.dim(1), size.d()))
        .i32s(axis(x.dim(2), size.h()))
        .i32s(axis(x.dim(3), size.w()))
        .run();
  }

  private static int[] axis(int from, int to) {
    int small = 2L * to * from < 1L << 31 ? 1 : 0;
    return new Words()
        .divisor(to)
        .add(from)
        .divisor(Math.multiplyExact(2, to))
        .add(small)
        .toArray();
  }
}
