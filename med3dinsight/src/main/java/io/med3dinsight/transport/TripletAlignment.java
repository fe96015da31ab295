package io.med3dinsight.transport;

import io.med3dinsight.engine.function.Reductions;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Triplet loss in both directions under a learned metric d (Schroff et al. 2015, arXiv 1503.03832;
 * the nearest negative: Faghri et al. 2018, VSE++, arXiv 1707.05612):
 *
 * <pre>
 * loss = 1/(2B) sum over i &lt; B of  mean or max over j of max(0, margin + d(u_i,v_i) - d(u_i,v_j))
 *                                + mean or max over j of max(0, margin + d(u_i,v_i) - d(u_j,v_i))
 * </pre>
 *
 * <p>Rows j whose partner is equal to that of row i are no negatives of it. A row that has none
 * adds nothing.
 *
 * @param metric shared by all terms of a loss
 * @param margin by how much a wrong partner must be farther away than the right one
 * @param negatives the mean over all negatives, or the nearest only
 */
public record TripletAlignment(MahalanobisMetric metric, double margin, TripletNegatives negatives)
    implements Alignment {
  /** Beyond every distance. */
  private static final float FAR = 1e30f;

  @Override
  public Tensor loss(Tensor u, Tensor v, Pairs pairs) {
    int own = pairs.own().dim(0);
    Partners.require(name(), u, v, own);
    int all = u.dim(0);
    return Scope.tidy(
        () -> {
          Tensor d = metric.distance(u.reshape(1, all, u.dim(1)), v.reshape(1, all, v.dim(1)));
          Tensor square = d.reshape(all, all);
          Partners.finite(square, "a distance");
          Tensor rows = hinge(square, pairs);
          Tensor columns = hinge(square.transpose(0, 1), pairs);
          return rows.add(columns).mul(0.5f / own);
        });
  }

  @Override
  public String name() {
    return "The triplet loss";
  }

  /** {@code sum_i mean or max over negatives j of max(0, margin + d_ii - d_ij)}. */
  private Tensor hinge(Tensor d, Pairs pairs) {
    int own = pairs.own().dim(0);
    Tensor first = own == d.dim(1) ? d : d.slice(0, 0, own);
    Tensor right = first.mul(pairs.own()).sum(true, 1);
    if (negatives == TripletNegatives.HARD) {
      // Where all partners are equal, the nearest negative is far away and nothing is added.
      Tensor nearest = Reductions.min(first.add(pairs.equal().mul(FAR)), true, 1);
      return right.sub(nearest).add((float) margin).relu().sum();
    }
    Tensor wrong = pairs.equal().neg().add(1f);
    Tensor weights = wrong.div(wrong.sum(true, 1).clamp(1, Float.MAX_VALUE));
    return right.sub(first).add((float) margin).relu().mul(weights).sum();
  }
}
