package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Copies between a dense tensor and a strided pattern of another, row by row where rows are dense
 * in both.
 */
public final class StridedCopy {
  private static final int GRAIN = 1 << 15;

  private StridedCopy() {}

  /** {@code y[i...] = x[start + sum i_a strides_a]} for all indices of the dense {@code y}. */
  public static void gather(CpuBackend cpu, Tensor x, int start, int[] strides, Tensor y) {
    copy(cpu, y.shape().toArray(), strides, x, x.hostOffset() + start, y, y.hostOffset(), true);
  }

  /** {@code y[start + sum i_a strides_a] = x[i...]} for all indices of the dense {@code x}. */
  public static void scatter(CpuBackend cpu, Tensor x, Tensor y, int start, int[] strides) {
    copy(cpu, x.shape().toArray(), strides, y, y.hostOffset() + start, x, x.hostOffset(), false);
  }

  /**
   * @param strided the tensor that is walked with {@code strides}
   * @param toDense whether the dense tensor is written, else the strided one
   */
  private static void copy(
      CpuBackend cpu,
      int[] extents,
      int[] strides,
      Tensor strided,
      int so,
      Tensor dense,
      int po,
      boolean toDense) {
    int rank = extents.length;
    // Trailing axes that are dense in both are one row.
    int row = 1;
    int outer = rank;
    while (outer > 0 && (extents[outer - 1] == 1 || strides[outer - 1] == row)) {
      row *= extents[--outer];
    }
    int rows = 1;
    for (int a = 0; a < outer; a++) {
      rows *= extents[a];
    }
    if (rows == 0 || row == 0) {
      return;
    }
    boolean floats = dense.dtype() == DType.F32;
    Object s = floats ? strided.hostFloats() : strided.hostInts();
    Object d = floats ? dense.hostFloats() : dense.hostInts();
    int n = row;
    int axes = outer;
    cpu.parallel()
        .range(
            rows,
            Math.max(1, GRAIN / row),
            (from, to) -> {
              int[] at = new int[axes];
              int o = so;
              int rest = from;
              for (int a = axes - 1; a >= 0; a--) {
                at[a] = rest % extents[a];
                rest /= extents[a];
                o += at[a] * strides[a];
              }
              for (int r = from; r < to; r++) {
                move(s, o, d, po + r * n, n, toDense);
                o = next(at, extents, strides, o);
              }
            });
  }

  private static void move(Object strided, int so, Object dense, int po, int n, boolean toDense) {
    if (n == 1 && dense instanceof float[] d) {
      float[] s = (float[]) strided;
      if (toDense) {
        d[po] = s[so];
      } else {
        s[so] = d[po];
      }
    } else if (toDense) {
      System.arraycopy(strided, so, dense, po, n);
    } else {
      System.arraycopy(dense, po, strided, so, n);
    }
  }

  private static int next(int[] at, int[] extents, int[] strides, int offset) {
    int o = offset;
    for (int a = at.length - 1; a >= 0; a--) {
      o += strides[a];
      if (++at[a] < extents[a]) {
        return o;
      }
      o -= extents[a] * strides[a];
      at[a] = 0;
    }
    return o;
  }
}
