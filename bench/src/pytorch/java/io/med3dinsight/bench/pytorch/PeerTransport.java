package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Workloads;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Entropic partial transport by some of Dykstra's iterations (Benamou et al. 2015, algorithm of
 * section 5), recorded by autograd, which is what POT's {@code entropic_partial_wasserstein} does
 * with PyTorch tensors; here for a batch of problems at once.
 */
final class PeerTransport {
  static final int ITERATIONS = 100;

  private PeerTransport() {}

  /** Plans [P,n,m] of costs [P,n,m] with uniform marginals. */
  static Tensor plan(Tensor cost, int iterations) {
    Scalar rows = new Scalar(1.0 / cost.size(1));
    Scalar columns = new Scalar(1.0 / cost.size(2));
    Scalar mass = new Scalar(Workloads.MASS);
    Tensor k = cost.mul(new Scalar(-1 / Workloads.EPSILON)).exp();
    k = k.mul(k.sum(new long[] {1, 2}, true, none()).reciprocal().mul(mass));
    Tensor q1 = null;
    Tensor q2 = null;
    Tensor q3 = null;
    for (int i = 0; i < iterations; i++) {
      Tensor before = k;
      k = times(k, q1);
      Tensor k1 = k.mul(atMostOne(rows, k.sum(new long[] {2}, true, none())));
      q1 = times(before.div(k1), q1);
      Tensor k1q = times(k1, q2);
      Tensor k2 = k1q.mul(atMostOne(columns, k1q.sum(new long[] {1}, true, none())));
      q2 = times(k1.div(k2), q2);
      Tensor k2q = times(k2, q3);
      k = k2q.mul(k2q.sum(new long[] {1, 2}, true, none()).reciprocal().mul(mass));
      q3 = times(k2.div(k), q3);
    }
    return k;
  }

  private static Tensor times(Tensor a, Tensor q) {
    return q == null ? a : a.mul(q);
  }

  private static Tensor atMostOne(Scalar limit, Tensor sums) {
    return sums.reciprocal().mul(limit).clamp_max(new Scalar(1.0));
  }

  private static ScalarTypeOptional none() {
    return new ScalarTypeOptional();
  }

  /** {@code -mean over problems and i of log P_ii}. */
  static Tensor loss(Tensor cost, int iterations) {
    return torch.mean(plan(cost, iterations).diagonal(0, 1, 2).log()).neg();
  }
}
