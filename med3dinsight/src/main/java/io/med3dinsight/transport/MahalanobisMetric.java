package io.med3dinsight.transport;

import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * The learned distance {@code sqrt((u - v)^T M (u - v))} between embeddings (Luong et al., ICLR
 * 2024, arXiv 2405.10084). M is positive by construction: {@code diag(softplus(w) + 1e-6)} or
 * {@code A^T A}; both start at the identity.
 */
public final class MahalanobisMetric extends Module {
  /** {@code softplus(w) = 1}. */
  private static final float ONE = (float) Math.log(Math.E - 1);

  /** Beyond it exp overflows. */
  private static final float RANGE = 80;

  /** Keeps the root's gradient finite where softplus rounds to 0. */
  private static final float FLOOR = 1e-6f;

  private final MetricKind kind;
  private final Tensor weight;

  /**
   * @param width E of the embeddings
   */
  public MahalanobisMetric(Setup setup, MetricKind kind, int width) {
    super(setup);
    this.kind = kind;
    weight =
        switch (kind) {
          case DIAGONAL -> parameter("weight", Init.constant(ONE), width);
          case FULL ->
              parameter("weight", identity(width), Layout.LINEAR, width, width, width, width);
        };
  }

  private static Init identity(int width) {
    return (values, in, out, random) -> {
      for (int i = 0; i < width; i++) {
        values[i * width + i] = 1f;
      }
    };
  }

  /** Distances [P,B1,B2] between u [P,B1,E] and v [P,B2,E]. */
  public Tensor distance(Tensor u, Tensor v) {
    return Scope.tidy(() -> Transport.pairwiseDistance(mapped(u), mapped(v)));
  }

  /** The embedding in coordinates where the metric is Euclidean. */
  private Tensor mapped(Tensor x) {
    return switch (kind) {
      case DIAGONAL -> x.mul(weight.clamp(-RANGE, RANGE).exp().add(1f).log().add(FLOOR).sqrt());
      case FULL -> x.matmul(weight);
    };
  }
}
