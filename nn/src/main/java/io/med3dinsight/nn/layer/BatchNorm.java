package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.function.Normalization;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Batch normalisation with learned scale and shift (Ioffe and Szegedy 2015, arXiv 1502.03167):
 * every channel to mean 0 and variance 1 over batch and voxels in training, by running statistics
 * in inference; x [N,...,C].
 */
public final class BatchNorm extends Module {
  private static final float EPSILON = 1e-5f;
  private static final float MOMENTUM = 0.1f;

  private final Tensor weight;
  private final Tensor bias;
  private final Tensor runningMean;
  private final Tensor runningVariance;

  public BatchNorm(Setup setup, int channels) {
    super(setup);
    weight = parameter("weight", Init.ones(), channels);
    bias = parameter("bias", Init.zeros(), channels);
    runningMean = buffer("running_mean", Init.zeros(), channels);
    runningVariance = buffer("running_var", Init.ones(), channels);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return training()
        ? Normalization.batchNorm(
            x, weight, bias, runningMean, runningVariance, MOMENTUM, EPSILON, 1f)
        : Normalization.batchNormInference(
            x, weight, bias, runningMean, runningVariance, EPSILON, 1f);
  }
}
