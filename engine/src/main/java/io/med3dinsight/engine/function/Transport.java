package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.DivideByMax;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.PairwiseDistance;
import io.med3dinsight.engine.op.PartialSinkhorn;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * Optimal transport between sets of embeddings. Shapes: P problems, B1 rows, B2 columns, E
 * embedding.
 */
public final class Transport {
  /**
   * Enough for every cost within [0, 1] and epsilon from 0.01 on; few problems need more than 60.
   */
  public static final int MAX_ITERATIONS = 1000;

  /** Relative error of the row sums; the plan is exact to float32 then. */
  public static final double TOLERANCE = 1e-9;

  /**
   * A solved batch.
   *
   * @param plan [P,B1,B2]
   * @param logPlan [P,B1,B2], finite where the plan underflows
   * @param f row potentials [P,B1], at most 0, in units of epsilon
   * @param g column potentials [P,B2], at most 0
   * @param c mass potential [P]
   * @param report [P,3]: iterations, Newton steps among them, violation of the row sums
   */
  public record Solution(
      Tensor plan, Tensor logPlan, Tensor f, Tensor g, Tensor c, Tensor report) {}

  private Transport() {}

  /**
   * Entropic partial transport of {@code mass} with marginals 1/B1 and 1/B2; see {@link
   * PartialSinkhorn}.
   */
  public static Solution partial(Tensor cost, double epsilon, double mass) {
    return solution(Eager.run(new PartialSinkhorn(epsilon, mass, MAX_ITERATIONS, TOLERANCE), cost));
  }

  /** Entropic partial transport with marginals a [P,B1] and b [P,B2]. */
  public static Solution partial(Tensor cost, Tensor a, Tensor b, double epsilon, double mass) {
    return partial(cost, a, b, epsilon, mass, MAX_ITERATIONS, TOLERANCE);
  }

  /** The same with a bound on the iterations and a tolerance of one's own. */
  public static Solution partial(
      Tensor cost,
      Tensor a,
      Tensor b,
      double epsilon,
      double mass,
      int maxIterations,
      double tolerance) {
    return solution(
        Eager.run(new PartialSinkhorn(epsilon, mass, maxIterations, tolerance), cost, a, b));
  }

  private static Solution solution(Tensor[] out) {
    return new Solution(out[0], out[1], out[2], out[3], out[4], out[5]);
  }

  /** Distances {@code |u_i - v_j|} [P,B1,B2] of u [P,B1,E] and v [P,B2,E]. */
  public static Tensor pairwiseDistance(Tensor u, Tensor v) {
    return Eager.run1(new PairwiseDistance(), u, v);
  }

  /** {@code x / max(x)} for each problem of x [P,B1,B2], with the gradient through the maximum. */
  public static Tensor divideByMax(Tensor x) {
    return Eager.run1(new DivideByMax(), x);
  }

  /**
   * {@code -(1/n) sum over i < n of log P_ii}, the mean over the problems: divergence of the
   * identity matching from the plan (Luong et al., ICLR 2024, arXiv 2405.10084), up to its
   * constant.
   *
   * @param logPlan [P,n,B2] with B2 >= n; column i is the partner of row i
   */
  public static Tensor matchingLoss(Tensor logPlan) {
    int n = logPlan.dim(1);
    int columns = logPlan.dim(2);
    float[] eye = new float[n * columns];
    for (int i = 0; i < n; i++) {
      eye[i * columns + i] = -1f / n / logPlan.dim(0);
    }
    return logPlan.mul(Tensor.of(logPlan.device(), eye, n, columns)).sum();
  }

  /**
   * The same, where the matching is on the device already.
   *
   * @param identity [n,B2], 1 at (i,i) and 0 elsewhere
   */
  public static Tensor matchingLoss(Tensor logPlan, Tensor identity) {
    return logPlan.mul(identity).sum().mul(-1f / logPlan.dim(1) / logPlan.dim(0));
  }
}
