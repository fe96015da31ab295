package io.med3dinsight.engine.op;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
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

  /**
   * Checks step values [values] and a clip factor [], then tuples of float tensors of one shape.
   */
  static void check(Op op, int values, int width, TensorType... in) {
    boolean good = in.length >= 2;
    good = good && in[0].dtype() == DType.F32 && in[0].shape().equals(Shape.of(values));
    good = good && in[1].dtype() == DType.F32 && in[1].shape().rank() == 0;
    if (!good) {
      throw op.mismatch("step values [" + values + "] and a clip factor [] first", in);
    }
    checkTuples(op, 2, width, in);
  }

  /** Checks that inputs from {@code first} on are tuples of float tensors of one shape. */
  static void checkTuples(Op op, int first, int width, TensorType... in) {
    boolean good = in.length >= first && (in.length - first) % width == 0;
    for (int i = first; good && i < in.length; i++) {
      TensorType head = in[i - (i - first) % width];
      good = in[i].dtype() == DType.F32 && in[i].shape().equals(head.shape());
    }
    if (!good) {
      throw op.mismatch("float tensors, " + width + " of one shape for each parameter", in);
    }
  }

  /** What asking an in-place step for its gradient ends in. */
  static IllegalStateException noGradient(Op op) {
    return new IllegalStateException(op.name() + " works in place and has no gradient");
  }
}
