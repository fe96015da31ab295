package io.med3dinsight.engine.tensor;

/** Element type of a tensor. */
public enum DType {
  /** IEEE 754 single precision. */
  F32(4),
  /** Signed 32-bit integers: class labels, token ids, indices. */
  I32(4);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  public int bytes() {
    return bytes;
  }
}
