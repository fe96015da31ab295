package io.med3dinsight.transport;

import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Alignment by partial optimal transport: costs {@code C_ij = d(u_i, v_j) / max d} under a learned
 * metric, the plan that moves mass m between uniform marginals with entropy weight eps, and the
 * loss {@code -(1/B) sum_i log P_ii}, the divergence of the identity matching from the plan (Luong
 * et al., ICLR 2024, arXiv 2405.10084; Med3DInsight, arXiv 2509.09064: eps 0.03, m 0.95). Mass that
 * is not moved lets go of pairs that do not fit, such as noisy descriptions.
 *
 * <p>Pairs of earlier batches are further rows and columns of the same problem; the loss is the
 * mean over the batch's rows.
 *
 * @param metric shared by all terms of a loss
 * @param epsilon weight of the entropy
 * @param mass m in (0, 1]; 1 is full transport
 */
public record PartialTransportAlignment(MahalanobisMetric metric, double epsilon, double mass)
    implements Alignment {
  @Override
  public Tensor loss(Tensor u, Tensor v, Pairs pairs) {
    int own = pairs.own().dim(0);
    Partners.require(name(), u, v, own);
    return Scope.tidy(
        () -> {
          Tensor cost = metric.distance(batch(u), batch(v));
          Partners.finite(cost, "a distance");
          Transport.Solution s = Transport.partial(Transport.divideByMax(cost), epsilon, mass);
          Tensor plan = s.logPlan();
          return Transport.matchingLoss(
              own == u.dim(0) ? plan : plan.slice(1, 0, own), pairs.own());
        });
  }

  @Override
  public String name() {
    return "Alignment by transport";
  }

  private static Tensor batch(Tensor x) {
    return x.reshape(1, x.dim(0), x.dim(1));
  }
}
