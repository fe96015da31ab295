package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import io.med3dinsight.nn.layer.Linear;
import io.med3dinsight.nn.layer.Mlp;

/** Layers as published transformers have them, with PyTorch's initial values. */
final class Published {
  static final Init WEIGHT = Init.kaimingUniform(Math.sqrt(5));
  static final Init BIAS = Init.fanInUniform();

  /** Of relative positions and position embeddings. */
  static final Init POSITIONS = Init.truncatedNormal(0.02);

  private Published() {}

  static Linear linear(Setup setup, int in, int out, boolean bias) {
    return new Linear(setup, in, out, WEIGHT, bias ? BIAS : null);
  }

  static Conv3d conv(
      Setup setup, int in, int out, int[] kernel, int[] stride, int[] padding, boolean bias) {
    Conv3d.Geometry g = new Conv3d.Geometry(kernel, stride, padding, Conv3d.cube(1), 1);
    return new Conv3d(setup, in, out, g, WEIGHT, bias ? BIAS : null);
  }

  /** A transposed convolution whose kernel is its stride. */
  static ConvTranspose3d up(Setup setup, int in, int out, int[] stride, boolean bias) {
    int[] none = Conv3d.cube(0);
    return new ConvTranspose3d(
        setup, in, out, stride, stride, none, none, WEIGHT, bias ? BIAS : null);
  }

  static Mlp mlp(Setup setup, int width, int hidden, String first, String second) {
    return new Mlp(setup, width, hidden, new String[] {first, second}, WEIGHT, BIAS);
  }

  /**
   * {@link #up} to these extents: those that the kernel cannot reach take the bias (as output
   * padding does) or, still further, 0; superfluous ones are dropped.
   */
  static Tensor upTo(ConvTranspose3d up, Tensor x, int[] stride, int[] extents) {
    boolean reachable = true;
    boolean exact = true;
    for (int a = 0; a < 3; a++) {
      int further = extents[a] - x.dim(a + 1) * stride[a];
      reachable &= further >= 0 && further < stride[a];
      exact &= further == 0;
    }
    if (reachable && !exact) {
      return up.call(x, extents);
    }
    return Grids.fit(up.call(x), extents);
  }
}
