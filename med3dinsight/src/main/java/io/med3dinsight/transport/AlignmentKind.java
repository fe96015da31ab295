package io.med3dinsight.transport;

/** How embeddings of a volume's slices are pulled towards those of their images and texts. */
public enum AlignmentKind {
  /** Partial optimal transport: {@link PartialTransportAlignment} with a mass below 1. */
  PARTIAL_OT,
  /** Balanced entropic optimal transport: the same with all mass moved. */
  FULL_OT,
  /** Symmetric contrastive loss: {@link InfoNceAlignment}. */
  INFONCE,
  /** Hinge on differences of distances: {@link TripletAlignment}. */
  TRIPLET,
  /** None: reconstruction only. */
  NONE
}
