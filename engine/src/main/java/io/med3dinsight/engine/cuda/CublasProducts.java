package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Matrix products by cuBLAS. It stores matrices by columns, so that a tensor's matrix is its
 * transpose there; as {@code (a b)^T = b^T a^T}, it is given b first and leaves the product as the
 * tensor wants it.
 */
public final class CublasProducts implements MatrixProducts {
  /** Broadcasting that would take more calls than this is left to the kernels, which take one. */
  private static final int MOST_CALLS = 16;

  private final CudaBackend cuda;
  private final Cublas cublas;

  public CublasProducts(CudaBackend cuda, Cublas cublas) {
    this.cuda = cuda;
    this.cublas = cublas;
  }

  @Override
  public String description() {
    return "cuBLAS " + cublas.version();
  }

  @Override
  public boolean multiply(MatMul op, Tensor a, Tensor b, Tensor y) {
    int m = y.dim(-2);
    MatrixBatch batch = MatrixBatch.of(a, b, y);
    int[] extents = batch.extents();
    int inner = extents.length - 1;
    int each = inner < 0 ? 1 : extents[inner];
    int calls = batch.count() / each;
    if (calls > MOST_CALLS) {
      return false;
    }
    boolean rowsOfOne = inner == 0 && batch.strideB()[0] == 0 && batch.strideA()[0] != 0;
    if (rowsOfOne && !op.transposeA()) {
      // The right matrix serves the whole batch, whose left matrices are one below the other.
      multiply(op, a, 0, 0, b, 0, 0, y, 0, m * each, 1);
      return true;
    }
    for (int call = 0; call < calls; call++) {
      long startA = 0;
      long startB = 0;
      int rest = call;
      for (int axis = inner - 1; axis >= 0; axis--) {
        int index = rest % extents[axis];
        rest /= extents[axis];
        startA += (long) index * batch.strideA()[axis];
        startB += (long) index * batch.strideB()[axis];
      }
      long startY = (long) call * each * m * y.dim(-1);
      int strideA = inner < 0 ? 0 : batch.strideA()[inner];
      int strideB = inner < 0 ? 0 : batch.strideB()[inner];
      multiply(op, a, startA, strideA, b, startB, strideB, y, startY, m, each);
    }
    return true;
  }

  private void multiply(
      MatMul op,
      Tensor a,
      long startA,
      long strideA,
      Tensor b,
      long startB,
      long strideB,
      Tensor y,
      long startY,
      int m,
      int count) {
    int n = y.dim(-1);
    int k = a.dim(op.transposeA() ? -2 : -1);
    Arithmetic arithmetic =
        cuda.arithmetic() == Arithmetic.TF32 ? Arithmetic.TF32 : Arithmetic.FP32;
    cublas.gemm(
        new Cublas.Gemm(
            op.transposeB(),
            op.transposeA(),
            n,
            m,
            k,
            matrix(b, startB, strideB),
            matrix(a, startA, strideA),
            matrix(y, startY, (long) m * n),
            count,
            arithmetic));
  }

  /** A row of the tensor is a column of what cuBLAS sees. */
  private Cublas.Matrix matrix(Tensor t, long start, long stride) {
    long address = cuda.address(t) + start * t.dtype().bytes();
    return new Cublas.Matrix(address, t.dtype(), t.dim(-1), stride);
  }
}
