package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Something that multiplies matrices on a CUDA device: our own kernels, or a library in front of
 * them. All work goes to the backend's stream and nothing waits for it.
 *
 * <p>Operands are F32 or BF16, both alike, and may start at any element of their storage; the
 * product is contiguous, F32 or BF16. Sums are float32. F32 operands are multiplied exactly unless
 * the backend's options ask for TF32.
 */
public interface MatrixProducts {
  /** What multiplies, with its version where it has one; for doctor and log lines. */
  String description();

  /**
   * Writes {@code y = op(a) op(b)}: a [..., m, k] (transposed [..., k, m]), b [..., k, n]
   * (transposed [..., n, k]), y [..., m, n], none of them empty; batch axes are broadcast as {@link
   * MatMul} says.
   *
   * @return false, with y untouched, when this implementation does not do such products, so that
   *     the next one is asked
   */
  boolean multiply(MatMul op, Tensor a, Tensor b, Tensor y);

  /** Asks each in turn until one does the work; the last must do everything. */
  static MatrixProducts inOrder(MatrixProducts first, MatrixProducts then) {
    return new MatrixProducts() {
      @Override
      public String description() {
        return first.description() + ", then " + then.description();
      }

      @Override
      public boolean multiply(MatMul op, Tensor a, Tensor b, Tensor y) {
        return first.multiply(op, a, b, y) || then.multiply(op, a, b, y);
      }
    };
  }
}
