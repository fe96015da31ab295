package io.med3dinsight.engine.cpu;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;

/** Matrix products of the last two axes for all indices of the axes before them. */
public final class BatchedGemm {
  /** Multiplications that are worth a task. */
  private static final long TASK = 1 << 20;

  /** From this many matrices on, each is left to one thread. */
  private static final int ENOUGH = 16;

  private static final int LARGE = 1 << 22;

  private BatchedGemm() {}

  /** {@code y = op(a) op(b)}, batch axes broadcast. */
  public static void multiply(
      CpuBackend cpu, Tensor a, boolean ta, Tensor b, boolean tb, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    int batch = y.shape().product(0, y.rank() - 2);
    int batchB = b.shape().product(0, b.rank() - 2);
    int m = y.dim(-2);
    int n = y.dim(-1);
    int k = a.dim(ta ? -2 : -1);
    boolean sameLeft = a.shape().product(0, a.rank() - 2) == batch;
    if (batchB == 1 && !ta && sameLeft) {
      m *= batch;
      batch = 1;
    }
    int[] offsetsA = offsets(a.shape(), y.shape(), batch, a.hostOffset());
    int[] offsetsB = offsets(b.shape(), y.shape(), batch, b.hostOffset());
    Batch work = new Batch(a, ta, offsetsA, b, tb, offsetsB, y, m, n, k);
    long each = (long) m * n * k;
    if (batch > 1 && (batch >= ENOUGH || each <= TASK) && (long) n * k <= LARGE) {
      int grain = (int) Math.max(1, Math.min(batch, TASK / Math.max(1, each)));
      cpu.parallel().range(batch, grain, (s, e) -> work.run(cpu, s, e));
    } else {
      for (int i = 0; i < batch; i++) {
        Gemm.multiply(cpu, m, n, k, work.left(i), work.right(i), work.product(i), false);
      }
    }
  }

  private record Batch(
      Tensor a,
      boolean ta,
      int[] offsetsA,
      Tensor b,
      boolean tb,
      int[] offsetsB,
      Tensor y,
      int m,
      int n,
      int k) {
    Gemm.Matrix left(int i) {
      return new Gemm.Matrix(a.hostFloats(), offsetsA[i], ta ? m : k, ta);
    }

    Gemm.Matrix right(int i) {
      return new Gemm.Matrix(b.hostFloats(), offsetsB[i], tb ? k : n, tb);
    }

    Gemm.Matrix product(int i) {
      return Gemm.Matrix.of(y.hostFloats(), y.hostOffset() + i * m * n, n);
    }

    void run(CpuBackend cpu, int from, int to) {
      GemmKernel kernel = cpu.kernels().gemm();
      try (Scratch s = cpu.scratch(Gemm.workspace(kernel, m, n, k))) {
        for (int i = from; i < to; i++) {
          Gemm.serial(kernel, s.floats(), s.base(), m, n, k, left(i), right(i), product(i), false);
        }
      }
    }
  }

  /**
   * Where the matrices of {@code x} start, for each of the {@code batch} first indices of {@code
   * y}.
   */
  private static int[] offsets(Shape x, Shape y, int batch, int base) {
    int matrix = x.dim(-2) * x.dim(-1);
    int[] offsets = new int[batch];
    for (int i = 0; i < batch; i++) {
      int rest = i;
      int at = 0;
      int stride = matrix;
      for (int axis = -3; axis >= -y.rank(); axis--) {
        int extent = y.dim(axis);
        int index = rest % extent;
        rest /= extent;
        if (axis >= -x.rank() && x.dim(axis) != 1) {
          at += index * stride;
          stride *= x.dim(axis);
        }
      }
      offsets[i] = base + at;
    }
    return offsets;
  }
}
