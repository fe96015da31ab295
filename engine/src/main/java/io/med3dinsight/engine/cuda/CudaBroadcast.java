package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/** Launches of kernels that work under broadcasting. */
public final class CudaBroadcast {
  /** Merged axes that a kernel takes beside the row. */
  private static final int OUTER = 7;

  private CudaBroadcast() {}

  /**
   * {@code y = f(a, b)} by the kernel {@code broadcast_name}; y has the broadcast shape of both.
   */
  public static void binary(CudaBackend cuda, String name, Tensor a, Tensor b, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    Rows rows = new Rows(a.shape(), b.shape(), y.shape());
    boolean aligned = cuda.aligned16(y, rows.stepA == 1 ? a : null, rows.stepB == 1 ? b : null);
    int packs = rows.packs(aligned, y.dtype());
    cuda.kernel("broadcast_" + name, y.dtype())
        .over(CudaElementwise.threads(y.size(), packs, 16 / y.dtype().bytes()))
        .buffer(a)
        .buffer(b)
        .buffer(y)
        .i32s(rows.words(packs, y.dtype()))
        .run();
  }

  /** {@code y = x}, repeated along the axes where x has extent 1 or none. */
  public static void to(CudaBackend cuda, Tensor x, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    Rows rows = new Rows(x.shape(), x.shape(), y.shape());
    int packs = rows.packs(cuda.aligned16(y, rows.stepA == 1 ? x : null), y.dtype());
    cuda.kernel("broadcast_to", y.dtype())
        .over(CudaElementwise.threads(y.size(), packs, 16 / y.dtype().bytes()))
        .buffer(x)
        .buffer(y)
        .i32s(rows.words(packs, y.dtype()))
        .run();
  }

  /**
   * The broadcast shape with neighbouring axes merged where both operands allow it. The innermost
   * is the row.
   */
  private static final class Rows {
    final int elements;
    final int length;
    final int stepA;
    final int stepB;
    final int outer;
    final int[] extents;
    final int[] stridesA;
    final int[] stridesB;

    Rows(Shape a, Shape b, Shape y) {
      int rank = y.rank();
      int[] e = new int[rank + 1];
      boolean[] inA = new boolean[rank + 1];
      boolean[] inB = new boolean[rank + 1];
      int n = 0; // merged axes, innermost first
      for (int i = 1; i <= rank; i++) {
        if (y.dim(-i) == 1) {
          continue;
        }
        boolean pa = i <= a.rank() && a.dim(-i) != 1;
        boolean pb = i <= b.rank() && b.dim(-i) != 1;
        if (n > 0 && inA[n - 1] == pa && inB[n - 1] == pb) {
          e[n - 1] *= y.dim(-i);
        } else {
          e[n] = y.dim(-i);
          inA[n] = pa;
          inB[n++] = pb;
        }
      }
      elements = y.size();
      length = n == 0 ? 1 : e[0];
      stepA = inA[0] ? 1 : 0;
      stepB = inB[0] ? 1 : 0;
      outer = Math.max(0, n - 1);
      if (outer > OUTER) {
        throw new DeviceException(
            "Broadcasting "
                + a
                + " and "
                + b
                + " on CUDA is limited to "
                + (OUTER + 1)
                + " changes between axes that repeat and axes that do not; reshape first.");
      }
      extents = new int[outer];
      stridesA = new int[outer];
      stridesB = new int[outer];
      int sa = inA[0] ? length : 1;
      int sb = inB[0] ? length : 1;
      for (int i = 0; i < outer; i++) {
        extents[i] = e[i + 1];
        stridesA[i] = inA[i + 1] ? sa : 0;
        stridesB[i] = inB[i + 1] ? sb : 0;
        sa *= inA[i + 1] ? e[i + 1] : 1;
        sb *= inB[i + 1] ? e[i + 1] : 1;
      }
    }

    /** How many groups of 16 bytes of y are moved at once. */
    int packs(boolean aligned, DType type) {
      int size = 16 / type.bytes();
      return aligned && (outer == 0 || length % size == 0) ? elements / size : 0;
    }

    int[] words(int packs, DType type) {
      int unit = packs > 0 ? 16 / type.bytes() : 1;
      return new Words()
          .add(elements, packs, stepA, stepB, outer)
          // Not used where there is one row only, whose length may be no multiple.
          .divisor(Math.max(1, length / unit))
          .divisors(OUTER, extents)
          .padded(OUTER, stridesA)
          .padded(OUTER, stridesB)
          .toArray();
    }
  }
}
