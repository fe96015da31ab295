package io.med3dinsight.engine.tensor;

/** Element type of a tensor. */
public enum DType {
  /** IEEE 754 single precision. */
  F32(4),
  /** Signed 32-bit integers: class labels, token ids, indices. */
  I32(4),
  /**
   * The upper half of a single precision number: its range with 8 bits of precision. On CUDA
   * devices only, where it is storage: arithmetic is in single precision.
   */
  BF16(2);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  public int bytes() {
    return bytes;
  }

  /** Whether elements are numbers that gradients can be taken of. */
  public boolean isFloat() {
    return this != I32;
  }
}
