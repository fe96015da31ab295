package io.med3dinsight.engine.tensor;

import io.med3dinsight.engine.op.Op;

/** Where tensors live and operations run. */
public interface Backend {
  /** A short name for logs and reports, such as {@code cpu (Vector API, 512 bit, 2 threads)}. */
  String description();

  /**
   * Memory for {@code size} elements, its contents undefined, with one reference held by the
   * caller.
   *
   * @throws DeviceException when memory runs out, saying what was asked for and how much is in use
   */
  Storage allocate(DType dtype, int size);

  /** Computes an operation's outputs, whose memory is already there. */
  void execute(Op op, Tensor[] inputs, Tensor[] outputs);

  /** How products of float tensors are computed; {@link Arithmetic#FP32} unless asked otherwise. */
  default Arithmetic arithmetic() {
    return Arithmetic.FP32;
  }

  /**
   * Whether this thread is recording a computation that runs later, so that no value can be read.
   */
  default boolean recording() {
    return false;
  }

  /** How much memory tensors use. */
  MemoryUse memory();
}
