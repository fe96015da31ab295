package io.med3dinsight.network;

import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;

/** The convolutions that networks here are made of, initialised for leaky ReLU as in nnU-Net. */
final class Layers {
  private Layers() {}

  /**
   * A kernel of odd extents, padded so that stride 1 keeps the volume's, without bias: a norm
   * follows it.
   */
  static Conv3d conv(Setup setup, int in, int out, int[] kernel, int[] stride) {
    return new Conv3d(setup, in, out, Conv3d.Geometry.same(kernel, stride), false);
  }

  /** A 1x1x1 convolution with bias. */
  static Conv3d head(Setup setup, int in, int out) {
    return new Conv3d(setup, in, out, 1, 1);
  }
}
