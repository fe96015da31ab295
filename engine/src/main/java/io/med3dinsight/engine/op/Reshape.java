package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** The same elements in the same order under another shape. */
public record Reshape(Shape shape) implements ViewOp {
  /** Reshape to {@code extents}, of which one may be -1: what is left over. */
  public static Reshape to(Shape from, int... extents) {
    int[] e = extents.clone();
    int open = -1;
    int known = 1;
    for (int i = 0; i < e.length; i++) {
      if (e[i] != -1) {
        known *= e[i];
      } else if (open >= 0) {
        throw new ShapeException("reshape accepts a single -1");
      } else {
        open = i;
      }
    }
    if (open >= 0) {
      e[open] = known == 0 ? 0 : from.size() / known;
    }
    return new Reshape(Shape.of(e));
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    if (in[0].shape().size() != shape.size()) {
      throw mismatch(shape.size() + " elements", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), shape)};
  }

  @Override
  public int start(TensorType input) {
    return 0;
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {b.grad().reshape(b.inputType(0).shape().toArray())};
  }
}
