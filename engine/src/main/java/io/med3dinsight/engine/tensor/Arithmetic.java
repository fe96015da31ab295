package io.med3dinsight.engine.tensor;

/** How a device computes products: matrix products, convolutions and attention. */
public enum Arithmetic {
  /** Single precision. */
  FP32,
  /** Operands rounded to 10 bits of mantissa (TensorFloat-32), sums in single precision. */
  TF32,
  /**
   * Operands and results stored as {@link DType#BF16}, sums in single precision. Parameters and
   * their gradients stay in single precision.
   */
  BF16
}
