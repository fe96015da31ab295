package io.med3dinsight.engine.cuda.nvidia;

import jcuda.driver.CUdeviceptr;

/** A device pointer whose value can be read and given. */
final class Address extends CUdeviceptr {
  private static final CUdeviceptr NULL = new CUdeviceptr();

  /** To be filled in by an allocation. */
  Address() {}

  private Address(long value) {
    super(NULL, value);
  }

  static Address of(long value) {
    return new Address(value);
  }

  long value() {
    return getNativePointer() + getByteOffset();
  }
}
