package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.tensor.Tensor;

/** An op that computes another op's gradient in one go. Gradients are not differentiated again. */
public interface GradientOp extends Op {
  @Override
  default Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  default Tensor[] gradient(Backward b) {
    throw new UnsupportedOperationException(
        name() + " cannot be differentiated: second derivatives are not part of this engine");
  }
}
