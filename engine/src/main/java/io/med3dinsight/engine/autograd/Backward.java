package io.med3dinsight.engine.autograd;

import io.med3dinsight.engine.op.Saved;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * What an op's gradient is given: incoming gradients, the tensors it said it would need, and who
 * asks.
 */
public final class Backward {
  private final Tape.Node node;
  private final Tensor[] grads;

  Backward(Tape.Node node, Tensor[] grads) {
    this.node = node;
    this.grads = grads;
  }

  /** Gradient of the loss with respect to the first output. */
  public Tensor grad() {
    return grad(0);
  }

  /** Gradient with respect to output {@code i}; zeros where the loss does not depend on it. */
  public Tensor grad(int i) {
    if (grads[i] == null) {
      TensorType type = node.outputTypes[i];
      grads[i] = Tensor.zeros(node.device, type.shape().toArray()).cast(type.dtype());
    }
    return grads[i];
  }

  /** Whether the loss depends on output {@code i}. */
  public boolean hasGrad(int i) {
    return grads[i] != null;
  }

  /** Input {@code i}, which {@link Saved} must have named. */
  public Tensor input(int i) {
    return saved(node.inputs[i], "input", i);
  }

  /** Output {@code i}, which {@link Saved} must have named. */
  public Tensor output(int i) {
    return saved(node.outputs[i], "output", i);
  }

  /** How many inputs the op was given; ops with an optional last input ask. */
  public int inputCount() {
    return node.inputTypes.length;
  }

  public TensorType inputType(int i) {
    return node.inputTypes[i];
  }

  public TensorType outputType(int i) {
    return node.outputTypes[i];
  }

  /** Whether anybody asks for the gradient with respect to input {@code i}. */
  public boolean needs(int i) {
    return node.sources[i] != null;
  }

  private Tensor saved(Tensor t, String kind, int i) {
    if (t == null) {
      throw new IllegalStateException(
          node.op.name() + " did not save " + kind + " " + i + ": name it in saved()");
    }
    return t;
  }
}
