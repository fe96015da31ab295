package io.med3dinsight.nn.loss;

import io.med3dinsight.engine.tensor.Tensor;

/** Compares class scores with labels. */
@FunctionalInterface
public interface SegmentationLoss {
  /**
   * The loss, a scalar.
   *
   * @param logits [N,D,H,W,C]; N batch, D H W depth height width, C classes
   * @param labels I32 [N,D,H,W], in [0, C)
   */
  Tensor of(Tensor logits, Tensor labels);
}
