package io.med3dinsight.engine.function;

import io.med3dinsight.engine.autograd.Checkpointing;
import io.med3dinsight.engine.op.BatchNorm;
import io.med3dinsight.engine.op.BatchNormInference;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.EmaStep;
import io.med3dinsight.engine.op.GroupNorm;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Normalisations of channels-last activations [N,D,H,W,C] (any number of axes between N and C):
 * {@code y = (x - mean) / sqrt(var + eps) * gamma + beta} with the biased variance. Gamma and beta,
 * [C], may be null for 1 and 0. A fused leaky ReLU saves a pass over memory in each direction, and
 * the tensor in between.
 */
public final class Normalization {
  private Normalization() {}

  /** Statistics of each instance and channel over its voxels (Ulyanov et al. 2016). */
  public static Tensor instanceNorm(Tensor x, Tensor gamma, Tensor beta, float eps) {
    return groupNorm(x, x.dim(-1), gamma, beta, eps, 1f);
  }

  /** Leaky ReLU of instance normalisation; slope in [0, 1], 0 for ReLU. */
  public static Tensor instanceNormLeakyRelu(
      Tensor x, Tensor gamma, Tensor beta, float eps, float slope) {
    return groupNorm(x, x.dim(-1), gamma, beta, eps, slope);
  }

  /**
   * Statistics of each instance over voxels and groups of C / groups neighbouring channels (Wu and
   * He 2018).
   */
  public static Tensor groupNorm(Tensor x, int groups, Tensor gamma, Tensor beta, float eps) {
    return groupNorm(x, groups, gamma, beta, eps, 1f);
  }

  /**
   * {@link #groupNorm(Tensor, int, Tensor, Tensor, float)} with a leaky ReLU after it; slope in [0,
   * 1].
   */
  public static Tensor groupNorm(
      Tensor x, int groups, Tensor gamma, Tensor beta, float eps, float slope) {
    return Eager.run(new GroupNorm(groups, eps, slope), x, orOnes(x, gamma), orZeros(x, beta))[0];
  }

  /**
   * Batch norm as in training: statistics of each channel over batch and voxels. The running
   * statistics [C] take them in: {@code running += momentum * (batch - running)}, with the unbiased
   * variance, as in PyTorch.
   *
   * @param runningMean changed in place, or null to keep none; so is {@code runningVar}
   * @param momentum PyTorch's default is 0.1
   * @param slope of a leaky ReLU after it, 1 for none
   */
  public static Tensor batchNorm(
      Tensor x,
      Tensor gamma,
      Tensor beta,
      Tensor runningMean,
      Tensor runningVar,
      float momentum,
      float eps,
      float slope) {
    Tensor[] out = Eager.run(new BatchNorm(eps, slope), x, orOnes(x, gamma), orZeros(x, beta));
    if (runningMean != null && !Checkpointing.recomputing()) {
      Eager.run(new EmaStep(1 - momentum), runningMean, out[1], runningVar, out[3]);
    }
    return out[0];
  }

  /**
   * Batch norm as in inference: normalisation by given statistics [C], which get no gradient.
   *
   * @param slope of a leaky ReLU after it, 1 for none
   */
  public static Tensor batchNormInference(
      Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor var, float eps, float slope) {
    return Eager.run(
        new BatchNormInference(eps, slope), x, orOnes(x, gamma), orZeros(x, beta), mean, var)[0];
  }

  private static Tensor orOnes(Tensor x, Tensor gamma) {
    return gamma != null ? gamma : Tensor.full(x.device(), 1f, x.dim(-1));
  }

  private static Tensor orZeros(Tensor x, Tensor beta) {
    return beta != null ? beta : Tensor.zeros(x.device(), x.dim(-1));
  }
}
