package io.med3dinsight.engine.op;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.TensorType;

/** What the in-place steps of optimisers have in common. */
final class Steps {
  /** Elements of a task. */
  static final int GRAIN = 1 << 15;

  private Steps() {}

  /** Checks that there are {@code count} float tensors of one shape. */
  static void check(Op op, int count, TensorType... in) {
    boolean good = in.length == count;
    for (TensorType t : in) {
      good &= t.dtype() == DType.F32 && t.shape().equals(in[0].shape());
    }
    if (!good) {
      throw op.mismatch(count + " float tensors of one shape", in);
    }
  }

  /** What asking an in-place step for its gradient ends in. */
  static IllegalStateException noGradient(Op op) {
    return new IllegalStateException(op.name() + " works in place and has no gradient");
  }
}
