package io.med3dinsight.nn.optim;

import io.med3dinsight.engine.op.AdamStep;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/**
 * Adam (Kingma and Ba 2015, arXiv 1412.6980), whose weight decay is added to the gradient, and
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), whose weight decay shrinks the parameters
 * directly; both as in PyTorch.
 */
public final class Adam extends Optimizer {
  private static final String MEAN = "exp_avg";
  private static final String SQUARE = "exp_avg_sq";

  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final boolean decoupled;

  private Adam(
      List<ParameterGroup> groups, double beta1, double beta2, double epsilon, boolean decoupled) {
    super(groups, AdamStep.VALUES, MEAN, SQUARE);
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.decoupled = decoupled;
  }

  /** Adam with betas 0.9, 0.999 and epsilon 1e-8. */
  public static Adam adam(List<ParameterGroup> groups) {
    return adam(groups, 0.9, 0.999, 1e-8);
  }

  public static Adam adam(List<ParameterGroup> groups, double beta1, double beta2, double epsilon) {
    return new Adam(groups, beta1, beta2, epsilon, false);
  }

  /** AdamW with betas 0.9, 0.999 and epsilon 1e-8. */
  public static Adam adamW(List<ParameterGroup> groups) {
    return adamW(groups, 0.9, 0.999, 1e-8);
  }

  public static Adam adamW(
      List<ParameterGroup> groups, double beta1, double beta2, double epsilon) {
    return new Adam(groups, beta1, beta2, epsilon, true);
  }

  @Override
  AdamStep op(double weightDecay) {
    return new AdamStep(beta1, beta2, epsilon, weightDecay, decoupled);
  }

  @Override
  float[] values(double rate, double weightDecay, long step) {
    return op(weightDecay).values(rate, step);
  }

  @Override
  List<Tensor> tuple(String name, Tensor parameter, Tensor gradient) {
    return List.of(parameter, gradient, slot(MEAN, name), slot(SQUARE, name));
  }
}
