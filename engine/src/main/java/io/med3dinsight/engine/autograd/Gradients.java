package io.med3dinsight.engine.autograd;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.Map;

/** Gradients of a loss with respect to the leaves that require them. */
public final class Gradients {
  private final Map<Tensor, Tensor> byLeaf;

  Gradients(Map<Tensor, Tensor> byLeaf) {
    this.byLeaf = byLeaf;
  }

  /**
   * The gradient with respect to {@code leaf}, of its shape; null where the loss does not depend on
   * it.
   */
  public Tensor of(Tensor leaf) {
    return byLeaf.get(leaf);
  }
}
