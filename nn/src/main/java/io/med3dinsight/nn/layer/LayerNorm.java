package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Layer normalisation over the last axis with learned scale and shift (Ba et al. 2016, arXiv
 * 1607.06450).
 */
public final class LayerNorm extends Module {
  private final Tensor weight;
  private final Tensor bias;
  private final float epsilon;

  /** With PyTorch's epsilon, 1e-5. */
  public LayerNorm(Setup setup, int channels) {
    this(setup, channels, 1e-5f);
  }

  public LayerNorm(Setup setup, int channels, float epsilon) {
    super(setup);
    this.epsilon = epsilon;
    weight = parameter("weight", Init.ones(), channels);
    bias = parameter("bias", Init.zeros(), channels);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return io.med3dinsight.engine.op.LayerNorm.of(x, weight, bias, epsilon);
  }
}
