package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;

/** A 3D encoder that can be pretrained, and fine-tuned for segmentation and classification. */
public interface Encoder3d {
  /**
   * The feature pyramid of a batch of volumes, finest level first.
   *
   * @param x [N,D,H,W,C] with N batch, D H W depth height width, C input channels
   * @return for each level l a tensor [N,D_l,H_l,W_l,{@link #channels}[l]]
   */
  Tensor[] features(Tensor x);

  /** Channels of each level of the pyramid. */
  int[] channels();
}
