package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Instance normalisation, with learned scale and shift unless told otherwise (Ulyanov et al. 2016,
 * arXiv 1607.08022): every channel of every sample to mean 0 and variance 1 over D, H, W; x
 * [N,D,H,W,C]. Can apply the leaky ReLU that follows in the same pass.
 */
public final class InstanceNorm extends Module {
  private static final float EPSILON = 1e-5f;

  private final Tensor weight;
  private final Tensor bias;
  private final float slope;

  /** Without an activation. */
  public InstanceNorm(Setup setup, int channels) {
    this(setup, channels, 1f);
  }

  private InstanceNorm(Setup setup, int channels, float slope) {
    super(setup);
    this.slope = slope;
    weight = parameter("weight", Init.ones(), channels);
    bias = parameter("bias", Init.zeros(), channels);
  }

  private InstanceNorm(Setup setup, float slope) {
    super(setup);
    this.slope = slope;
    weight = null;
    bias = null;
  }

  /** Without learned scale and shift, followed by a leaky ReLU of this slope (1 for none). */
  public static InstanceNorm plain(Setup setup, float slope) {
    return new InstanceNorm(setup, slope);
  }

  /** Followed by a leaky ReLU of this slope. */
  public static InstanceNorm leakyRelu(Setup setup, int channels, float slope) {
    return new InstanceNorm(setup, channels, slope);
  }

  @Override
  protected Tensor forward(Tensor x) {
    // Slope 1 is the identity.
    return slope == 1f
        ? Normalization.instanceNorm(x, weight, bias, EPSILON)
        : Normalization.instanceNormLeakyRelu(x, weight, bias, EPSILON, slope);
  }
}
