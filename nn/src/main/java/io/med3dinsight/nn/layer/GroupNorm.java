package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Group normalisation with learned scale and shift (Wu and He 2018, arXiv 1803.08494): every group
 * of channels of every sample to mean 0 and variance 1; x [N,D,H,W,C].
 */
public final class GroupNorm extends Module {
  private static final float EPSILON = 1e-5f;

  private final Tensor weight;
  private final Tensor bias;
  private final int groups;

  public GroupNorm(Setup setup, int groups, int channels) {
    super(setup);
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "GroupNorm: " + channels + " channels cannot be divided into " + groups + " groups.");
    }
    this.groups = groups;
    weight = parameter("weight", Init.ones(), channels);
    bias = parameter("bias", Init.zeros(), channels);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return Normalization.groupNorm(x, groups, weight, bias, EPSILON);
  }
}
