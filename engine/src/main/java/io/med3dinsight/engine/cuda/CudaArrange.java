package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Launches of kernels that move elements without changing them. */
public final class CudaArrange {
  private CudaArrange() {}

  /** Axis i of y is axis {@code order[i]} of x. */
  public static void permute(CudaBackend cuda, Tensor x, int[] order, Tensor y) {
    int[] from = x.shape().strides();
    int[] strides = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      strides[i] = from[order[i]];
    }
    StridedMove move = StridedMove.of(y.shape().toArray(), strides, y.shape().strides());
    move.run(cuda, cuda.address(x), cuda.address(y), x.dtype().bytes());
  }

  /** {@code y} = the indices [from, from + extent of y) of x along an axis. */
  public static void slice(CudaBackend cuda, Tensor x, int axis, int from, Tensor y) {
    int[] strides = x.shape().strides();
    long start = (long) from * strides[axis] * x.dtype().bytes();
    StridedMove move = StridedMove.of(y.shape().toArray(), strides, y.shape().strides());
    move.run(cuda, cuda.address(x) + start, cuda.address(y), x.dtype().bytes());
  }

  /** The tensors one after the other along an axis of y. */
  public static void concat(CudaBackend cuda, Tensor[] parts, int axis, Tensor y) {
    int[] strides = y.shape().strides();
    int at = 0;
    for (Tensor x : parts) {
      long start = (long) at * strides[axis] * x.dtype().bytes();
      StridedMove move = StridedMove.of(x.shape().toArray(), x.shape().strides(), strides);
      move.run(cuda, cuda.address(x), cuda.address(y) + start, x.dtype().bytes());
      at += x.dim(axis);
    }
  }

  /** x with {@code before} entries of one value in front of each axis, and behind it to fill y. */
  public static void pad(CudaBackend cuda, Tensor x, List<Integer> before, float value, Tensor y) {
    int rank = x.rank();
    int[] extent = new int[rank];
    int[] front = new int[rank];
    int[] inside = new int[rank];
    int n = 0; // merged axes, outermost first
    for (int a = 0; a < rank; a++) {
      int e = y.dim(a);
      if (n > 0 && e == x.dim(a)) {
        extent[n - 1] *= e;
        front[n - 1] *= e;
        inside[n - 1] *= e;
      } else {
        extent[n] = e;
        front[n] = before.get(a);
        inside[n++] = x.dim(a);
      }
    }
    launchPad(
        cuda,
        cuda.address(x),
        y,
        value,
        reversed(extent, n),
        reversed(front, n),
        reversed(inside, n));
  }

  /** Sets all elements. */
  public static void fill(CudaBackend cuda, Tensor y, float value) {
    int[] none = {0};
    launchPad(cuda, cuda.address(y), y, value, new int[] {y.size()}, none, none.clone());
  }

  private static void launchPad(
      CudaBackend cuda, long x, Tensor y, float value, int[] extent, int[] front, int[] inside) {
    if (y.size() == 0) {
      return;
    }
    int bytes = y.dtype().bytes();
    int[] strides = new int[extent.length];
    int unit = bytes;
    int units = y.size();
    if (extent.length > 0) {
      unit = unit(x | cuda.address(y) | (long) bytes * (extent[0] | front[0] | inside[0]), bytes);
      int by = unit / bytes;
      extent[0] /= by;
      front[0] /= by;
      inside[0] /= by;
      units /= by;
      strides[0] = 1;
      for (int k = 1; k < strides.length; k++) {
        strides[k] = strides[k - 1] * inside[k - 1];
      }
    }
    int[] words =
        new Words()
            .add(units, extent.length)
            .divisors(StridedMove.RANK, extent)
            .padded(StridedMove.RANK, front)
            .padded(StridedMove.RANK, inside)
            .padded(StridedMove.RANK, strides)
            .add(pattern(value, y.dtype()))
            .toArray();
    cuda.kernel("arrange_pad_b" + 8 * unit)
        .over(StridedMove.threads(units, unit))
        .pointer(x)
        .buffer(y)
        .i32s(words)
        .run();
  }

  /** Four bytes of elements of this value. */
  private static int pattern(float value, DType type) {
    return switch (type) {
      case F32 -> Float.floatToRawIntBits(value);
      case I32 -> (int) value;
      case BF16 -> (HostTransfer.bfloat16(value) & 0xffff) * 0x10001;
    };
  }

  /**
   * {@code y[at] = x[(at - shift) mod extent]}.
   *
   * @param shifts for each axis in [0, extent)
   */
  public static void roll(CudaBackend cuda, Tensor x, int[] shifts, Tensor y) {
    if (x.size() == 0) {
      return;
    }
    Shape s = x.shape();
    int[] extent = new int[Math.max(1, s.rank())];
    int[] shift = new int[extent.length];
    extent[0] = 1;
    int n = s.rank() == 0 ? 1 : 0; // merged axes, outermost first
    for (int a = 0; a < s.rank(); a++) {
      if (n > 0 && shifts[a] == 0) {
        extent[n - 1] *= s.dim(a);
        shift[n - 1] *= s.dim(a);
      } else {
        extent[n] = s.dim(a);
        shift[n++] = shifts[a];
      }
    }
    int bytes = x.dtype().bytes();
    int inner = extent[n - 1] | shift[n - 1];
    int unit = unit(cuda.address(x) | cuda.address(y) | (long) bytes * inner, bytes);
    extent[n - 1] /= unit / bytes;
    shift[n - 1] /= unit / bytes;
    int units = x.size() / (unit / bytes);
    int[] strides = new int[n];
    Arrays.fill(strides, 1);
    int[] e = reversed(extent, n);
    for (int k = 1; k < n; k++) {
      strides[k] = strides[k - 1] * e[k - 1];
    }
    int[] words =
        new Words()
            .add(units, n)
            .divisors(StridedMove.RANK, e)
            .padded(StridedMove.RANK, reversed(shift, n))
            .padded(StridedMove.RANK, strides)
            .toArray();
    cuda.kernel("arrange_roll_b" + 8 * unit)
        .over(StridedMove.threads(units, unit))
        .buffer(x)
        .buffer(y)
        .i32s(words)
        .run();
  }

  /**
   * The widest unit of 2, 4, 8 or 16 bytes, at least {@code least}, that divides all these bits.
   */
  static int unit(long bits, int least) {
    return (int) Math.max(least, Math.min(16, Long.lowestOneBit(bits | 16)));
  }

  private static int[] reversed(int[] values, int n) {
    int[] r = new int[n];
    for (int i = 0; i < n; i++) {
      r[i] = values[n - 1 - i];
    }
    return r;
  }
}
