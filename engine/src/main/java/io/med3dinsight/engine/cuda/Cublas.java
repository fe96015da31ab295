package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;

/** The calls that the backend makes of cuBLAS. Everything goes to the driver's stream. */
public interface Cublas extends AutoCloseable {
  /**
   * Matrices of one product, or the first of {@code count} products, stored by columns as cuBLAS
   * has them.
   *
   * @param address of the first element
   * @param lead elements between neighbouring columns, at least the number of stored rows
   * @param stride elements between the matrices of neighbouring products
   */
  record Matrix(long address, DType dtype, int lead, long stride) {}

  /**
   * {@code c = op(a) op(b)} with float32 sums: op(a) has m rows and k columns, op(b) k rows and n
   * columns.
   *
   * @param transposeA whether op(a) is the transpose of what is stored
   * @param arithmetic of float operands: FP32 or TF32
   */
  record Gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Matrix a,
      Matrix b,
      Matrix c,
      int count,
      Arithmetic arithmetic) {}

  /** Such as 12.6.4. */
  String version();

  /** Queues products. */
  void gemm(Gemm g);

  @Override
  void close();
}
