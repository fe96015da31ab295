package io.med3dinsight.ablation;

/** What fine-tuning begins with. */
public enum Start {
  /** Fresh weights. */
  SCRATCH,
  /** Weights that were pretrained to reconstruct masked volumes, without any alignment. */
  RECONSTRUCTION,
  /** Weights that were pretrained with an alignment as well. */
  FULL
}
