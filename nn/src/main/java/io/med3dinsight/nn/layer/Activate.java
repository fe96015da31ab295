package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/** An {@link Activation} as a module, for {@link Sequential}. */
public final class Activate extends Module {
  private final Activation function;

  public Activate(Setup setup, Activation function) {
    super(setup);
    this.function = function;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return function.apply(x);
  }
}
