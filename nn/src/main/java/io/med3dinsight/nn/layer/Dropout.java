package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.function.Randomness;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Sets elements to 0 with probability p in training and scales the others by 1/(1-p) (Srivastava et
 * al. 2014). Draws from a stream whose position a checkpoint holds.
 */
public final class Dropout extends Module {
  private final float p;
  private final Rng rng;

  public Dropout(Setup setup, float p, Rng rng) {
    super(setup);
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException(
          "Dropout probability must be in [0, 1), but was " + p + ".");
    }
    this.p = p;
    this.rng = rng;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return training() && p > 0 ? Randomness.dropout(x, p, rng) : x;
  }
}
