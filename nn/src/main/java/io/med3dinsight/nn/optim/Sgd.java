package io.med3dinsight.nn.optim;

import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.SgdStep;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/**
 * Stochastic gradient descent with momentum, plain or Nesterov's, as in PyTorch; nnU-Net uses
 * Nesterov's with 0.99.
 */
public final class Sgd extends Optimizer {
  private static final String VELOCITY = "momentum_buffer";

  private final double momentum;
  private final boolean nesterov;

  public Sgd(List<ParameterGroup> groups, double momentum, boolean nesterov) {
    super(groups, 1, VELOCITY);
    if (!(momentum >= 0 && momentum < 1)) {
      throw new IllegalArgumentException("Momentum must be in [0, 1), but was " + momentum + ".");
    }
    this.momentum = momentum;
    this.nesterov = nesterov;
  }

  @Override
  Op op(double weightDecay) {
    return new SgdStep(momentum, nesterov, weightDecay);
  }

  @Override
  float[] values(double rate, double weightDecay, long step) {
    return new float[] {(float) rate};
  }

  @Override
  List<Tensor> tuple(String name, Tensor parameter, Tensor gradient) {
    return momentum == 0
        ? List.of(parameter, gradient)
        : List.of(parameter, gradient, slot(VELOCITY, name));
  }
}
