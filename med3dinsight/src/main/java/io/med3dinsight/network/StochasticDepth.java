package io.med3dinsight.network;

import io.med3dinsight.engine.function.Randomness;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Leaves out a residual branch of single samples in training (Huang et al. 2016, arXiv 1603.09382),
 * scaling the others up by 1 / (1 - p).
 *
 * @param p probability of leaving out
 * @param rng drawn from, shared by the network; may be null when p is 0
 */
record StochasticDepth(double p, Rng rng) {
  static final StochasticDepth NONE = new StochasticDepth(0, null);

  /** Probabilities that grow evenly from 0 at the first block to {@code most} at the last. */
  static double[] growing(double most, int blocks) {
    double[] p = new double[blocks];
    for (int i = 0; i < blocks; i++) {
      p[i] = blocks == 1 ? 0 : most * i / (blocks - 1);
    }
    return p;
  }

  /** {@code branch} [N,...], whole samples of it set to 0. */
  Tensor apply(Tensor branch, boolean training) {
    if (!training || p == 0) {
      return branch;
    }
    int[] each = new int[branch.rank()];
    java.util.Arrays.fill(each, 1);
    each[0] = branch.dim(0);
    Tensor ones = Tensor.full(branch.device(), 1f, each);
    return branch.mul(Randomness.dropout(ones, (float) p, rng));
  }
}
