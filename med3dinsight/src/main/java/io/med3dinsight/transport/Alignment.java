package io.med3dinsight.transport;

import io.med3dinsight.engine.tensor.Tensor;

/** Pulls each embedding of a volume's slice towards the embedding of its own image or text. */
public interface Alignment {
  /**
   * The loss, a scalar.
   *
   * @param u embeddings [B,E] of length 1, computed from volumes; B pairs, E width
   * @param v embeddings [B,E] of length 1 of their partners, row by row, frozen
   */
  Tensor loss(Tensor u, Tensor v);
}
