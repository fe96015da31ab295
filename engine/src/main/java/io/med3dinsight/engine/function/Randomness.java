package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.Dropout;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;

/** Random operations, which draw from an explicit stream. */
public final class Randomness {
  private Randomness() {}

  /** {@code x} with elements set to 0 with probability p and the others scaled by 1 / (1 - p). */
  public static Tensor dropout(Tensor x, float p, Rng rng) {
    return Eager.run1(new Dropout(p, rng.seed(), rng.take(x.size())), x);
  }
}
