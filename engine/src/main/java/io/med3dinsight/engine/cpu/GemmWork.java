package io.med3dinsight.engine.cpu;

/** A kernel with its workspace, for a task that computes several products. */
final class GemmWork {
  private final GemmKernel kernel;
  private final float[] work;
  private final int at;
  private final int packed;

  /** {@code work} has {@link #size} floats from {@code at}. */
  GemmWork(GemmKernel kernel, int rows, float[] work, int at) {
    this.kernel = kernel;
    this.work = work;
    this.at = at;
    this.packed = at + Gemm.blockWorkspace(rows);
  }

  /**
   * Floats of workspace.
   *
   * @param rows most rows of a left operand
   * @param right most floats of a right operand packed on the way, see {@link PackedB#size}
   */
  static int size(int rows, int right) {
    return Gemm.blockWorkspace(rows) + right;
  }

  /** {@code C (+)= A B} for m rows. */
  void multiply(int m, int k, Gemm.Matrix a, PackedB b, Gemm.Matrix c, boolean add) {
    if (m > 0 && b.columns() > 0) {
      Gemm.block(kernel, work, at, 0, m, 0, b.columns(), k, a, b, c, add);
    }
  }

  /** {@code C (+)= op(A) op(B)}, B packed on the way. */
  void multiply(int m, int n, int k, Gemm.Matrix a, Gemm.Matrix b, Gemm.Matrix c, boolean add) {
    PackedB right = PackedB.of(kernel, m, n, k, b, work, packed);
    right.pack(0, n);
    multiply(m, k, a, right, c, add);
  }
}
