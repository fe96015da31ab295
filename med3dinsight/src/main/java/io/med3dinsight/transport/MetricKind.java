package io.med3dinsight.transport;

/** Which learned distance between embeddings is used. */
public enum MetricKind {
  /** A positive weight per dimension, as the published code computes it. */
  DIAGONAL,
  /** {@code M = A^T A}, as the papers describe it. */
  FULL
}
