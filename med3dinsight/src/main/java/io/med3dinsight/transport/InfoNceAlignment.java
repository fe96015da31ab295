package io.med3dinsight.transport;

import io.med3dinsight.engine.op.LogSoftmax;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Symmetric InfoNCE with a learned temperature (van den Oord et al. 2018, arXiv 1807.03748; Radford
 * et al. 2021, arXiv 2103.00020, Figure 3): logits {@code L_ij = u_i . v_j / t}, and
 *
 * <pre>
 * loss = -1/(2B) sum over i &lt; B, j of T_ij (log softmax_j(L)_ij + log softmax_j(L^T)_ij)
 * </pre>
 *
 * <p>T spreads each row evenly over the partners that are equal to its own; with different partners
 * it is the identity and this is the mean of the two cross-entropies. Similarity is the cosine: the
 * temperature plays the part of a metric. The learned number is {@code log(1/t)}; before each use
 * it is put back into {@code [0, log 100]}, so that t stays between 0.01 and 1, as CLIP does.
 */
public final class InfoNceAlignment extends Module implements Alignment {
  /** Lowest temperature, CLIP's. */
  public static final double LOWEST = 0.01;

  private static final float HIGHEST_SCALE = (float) Math.log(1 / LOWEST);

  private final Tensor logScale;

  /**
   * @param temperature t at the start, from 0.01 to 1; CLIP begins with 0.07
   */
  public InfoNceAlignment(Setup setup, double temperature) {
    super(setup);
    logScale = parameter("log_scale", Init.constant((float) -Math.log(temperature)), 1);
  }

  /** The temperature t. */
  public double temperature() {
    return Math.exp(-logScale.item());
  }

  @Override
  public void prepare() {
    float scale = logScale.item();
    float kept = Math.max(0, Math.min(HIGHEST_SCALE, scale));
    if (kept != scale) {
      logScale.copyFrom(new float[] {kept});
    }
  }

  @Override
  public Tensor loss(Tensor u, Tensor v, Pairs pairs) {
    int own = pairs.own().dim(0);
    Partners.require(name(), u, v, own);
    return Scope.tidy(
        () -> {
          Tensor similarity = u.matmul(v.transpose(0, 1));
          Partners.finite(similarity, "a similarity");
          Tensor logits = similarity.mul(logScale.exp());
          Tensor t = pairs.equal().div(pairs.equal().sum(true, 1));
          Tensor rows = first(LogSoftmax.of(logits), own);
          Tensor columns = first(LogSoftmax.of(logits.transpose(0, 1)), own);
          return rows.add(columns).mul(t).sum().mul(-0.5f / own);
        });
  }

  @Override
  public String name() {
    return "InfoNCE";
  }

  private static Tensor first(Tensor x, int rows) {
    return rows == x.dim(0) ? x : x.slice(0, 0, rows);
  }
}
