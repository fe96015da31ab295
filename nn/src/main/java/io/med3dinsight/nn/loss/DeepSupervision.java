package io.med3dinsight.nn.loss;

import io.med3dinsight.engine.op.NearestLabels;
import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/**
 * A weighted sum of one loss over the decoder's resolutions (Lee et al. 2015, arXiv 1409.5185):
 * weights 1, 1/2, 1/4, ... from the finest on, divided by their sum, as in nnU-Net. Labels are
 * taken down to each resolution by nearest neighbour.
 */
public final class DeepSupervision {
  private final SegmentationLoss loss;

  public DeepSupervision(SegmentationLoss loss) {
    this.loss = loss;
  }

  /** Weights of {@code levels} resolutions, finest first; they sum to 1. */
  public static double[] weights(int levels) {
    double[] w = new double[levels];
    double sum = 2 - Math.pow(0.5, levels - 1);
    for (int i = 0; i < levels; i++) {
      w[i] = Math.pow(0.5, i) / sum;
    }
    return w;
  }

  /**
   * The loss, a scalar.
   *
   * @param logits [N,D_l,H_l,W_l,C] for each resolution l, finest first
   * @param labels I32 [N,D,H,W] at the finest resolution
   */
  public Tensor of(List<Tensor> logits, Tensor labels) {
    if (logits.isEmpty()) {
      throw new IllegalArgumentException(
          "Deep supervision needs the scores of at least one resolution.");
    }
    return Scope.tidy(
        () -> {
          double[] w = weights(logits.size());
          Tensor total = null;
          for (int i = 0; i < w.length; i++) {
            Tensor x = logits.get(i);
            Tensor y = NearestLabels.resize(labels, new Size3(x.dim(1), x.dim(2), x.dim(3)));
            Tensor l = loss.of(x, y).mul((float) w[i]);
            total = total == null ? l : total.add(l);
          }
          return total;
        });
  }
}
