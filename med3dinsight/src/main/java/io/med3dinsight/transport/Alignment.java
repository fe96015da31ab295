package io.med3dinsight.transport;

import io.med3dinsight.engine.tensor.Tensor;

/** Pulls each embedding of a volume's slice towards the embedding of its own image or text. */
public interface Alignment {
  /**
   * The loss, a scalar, of a batch with pairs of earlier batches beside it.
   *
   * @param u embeddings [R,E] of length 1, computed from volumes; R pairs, E width
   * @param v embeddings [R,E] of length 1 of their partners, row by row, frozen
   * @param own how many of the first rows are the batch, whose pairs the loss is a mean over; the
   *     others only take part as what those must be told apart from
   * @throws IllegalArgumentException for a single pair, which has nothing to be told apart from
   * @throws io.med3dinsight.training.DivergenceException when a similarity or distance is not
   *     finite
   */
  default Tensor loss(Tensor u, Tensor v, int own) {
    Partners.require(name(), u, v, own);
    Pairs pairs = Pairs.of(u.device(), own, u.dim(0));
    pairs.load(v.toFloats());
    prepare();
    return loss(u, v, pairs);
  }

  /**
   * The loss, without a look at values where the computation is being recorded.
   *
   * @param pairs which partners are whose
   * @throws io.med3dinsight.training.DivergenceException when a similarity or distance is not
   *     finite, unless this is being recorded
   */
  Tensor loss(Tensor u, Tensor v, Pairs pairs);

  /** Puts parameters back into their range; before each step. */
  default void prepare() {}

  /** What messages call it. */
  String name();

  /** The loss of a batch alone. */
  default Tensor loss(Tensor u, Tensor v) {
    return loss(u, v, u.dim(0));
  }
}
