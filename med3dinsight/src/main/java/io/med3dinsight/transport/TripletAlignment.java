package io.med3dinsight.transport;

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
  /**
   * @throws IllegalArgumentException for a single pair, which has no negative
   * @throws io.med3dinsight.training.DivergenceException when a distance is not finite
   */
  @Override
  public Tensor loss(Tensor u, Tensor v, int own) {
    Partners.require("The triplet loss", u, v, own);
    int[] ids = Partners.ids(v);
    int all = ids.length;
    return Scope.tidy(
        () -> {
          Tensor d = metric.distance(u.reshape(1, all, u.dim(1)), v.reshape(1, all, v.dim(1)));
          Tensor square = d.reshape(all, all);
          float[] values = Partners.finite(square, "a distance");
          Tensor rows = hinge(square, weights(values, all, 1, ids, own), own);
          Tensor turned = square.transpose(0, 1);
          Tensor columns = hinge(turned, weights(values, 1, all, ids, own), own);
          return rows.add(columns).mul(0.5f / own);
        });
  }

  /** {@code sum_ij w_ij max(0, margin + d_ii - d_ij)}. */
  private Tensor hinge(Tensor d, float[] weights, int own) {
    int all = d.dim(1);
    Tensor first = own == all ? d : d.slice(0, 0, own);
    float[] eye = new float[own * all];
    for (int i = 0; i < own; i++) {
      eye[i * all + i] = 1;
    }
    Tensor right = first.mul(Tensor.of(d.device(), eye, own, all)).sum(true, 1);
    Tensor over = right.sub(first).add((float) margin).relu();
    return over.mul(Tensor.of(d.device(), weights, own, all)).sum();
  }

  /**
   * Weights [B,R] of the negatives of each anchor; they add up to 1, or to 0 where there is none.
   */
  private float[] weights(float[] d, int rowStride, int columnStride, int[] ids, int own) {
    int all = ids.length;
    float[] w = new float[own * all];
    for (int i = 0; i < own; i++) {
      int nearest = -1;
      int count = 0;
      for (int j = 0; j < all; j++) {
        if (ids[j] != ids[i]) {
          count++;
          float distance = d[i * rowStride + j * columnStride];
          if (nearest < 0 || distance < d[i * rowStride + nearest * columnStride]) {
            nearest = j;
          }
        }
      }
      for (int j = 0; j < all && count > 0; j++) {
        boolean counts = negatives == TripletNegatives.HARD ? j == nearest : ids[j] != ids[i];
        w[i * all + j] = !counts ? 0 : negatives == TripletNegatives.HARD ? 1 : 1f / count;
      }
    }
    return w;
  }
}
