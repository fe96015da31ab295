package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Scope;
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

  /**
   * One vector for each volume, for classification: the mean of the coarsest features, [N,C].
   *
   * @param x [N,D,H,W,C]
   */
  default Tensor embedding(Tensor x) {
    return Scope.tidy(
        () -> {
          Tensor[] f = features(x);
          return f[f.length - 1].mean(false, 1, 2, 3);
        });
  }
}
