package io.med3dinsight.engine.op;

import io.med3dinsight.engine.tensor.DType;

/** What an op does with inputs of reduced precision. */
public enum Precision {
  /**
   * {@link DType#BF16} inputs are converted to single precision first, results are in single
   * precision: losses, transport.
   */
  SINGLE,
  /**
   * Reads and writes {@link DType#BF16} as it is and computes in single precision. When one input
   * is BF16, the other float inputs become so too, but for {@link Op#singles}.
   */
  STORAGE,
  /**
   * As {@link #STORAGE}; on a device whose arithmetic is BF16 its inputs are converted to it:
   * products.
   */
  PRODUCT,
  /** Inputs are taken as they are: steps in place, conversions. */
  EXACT
}
