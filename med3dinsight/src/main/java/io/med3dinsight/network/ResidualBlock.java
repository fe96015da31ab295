package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.InstanceNorm;
import java.util.ArrayList;
import java.util.List;

/**
 * Convolutions with instance norm and leaky ReLU: {@code x -> conv, norm, act, ... conv, norm ->
 * act}, with the input added before the last activation in a residual block (He et al. 2016). Where
 * stride or width change, the shortcut is a 1x1x1 convolution with norm.
 */
final class ResidualBlock extends Module {
  private final List<Conv3d> convolutions = new ArrayList<>();
  private final List<InstanceNorm> norms = new ArrayList<>();
  private final boolean residual;
  private Conv3d shortcut;
  private InstanceNorm shortcutNorm;

  ResidualBlock(
      Setup setup, int in, int out, int[] kernel, int[] stride, int count, boolean residual) {
    super(setup);
    this.residual = residual;
    for (int i = 0; i < count; i++) {
      int[] s = i == 0 ? stride : new int[] {1, 1, 1};
      convolutions.add(register("conv" + i, Layers.conv(setup, i == 0 ? in : out, out, kernel, s)));
      boolean activated = i < count - 1 || !residual;
      norms.add(
          register(
              "norm" + i,
              activated
                  ? InstanceNorm.leakyRelu(setup, out, UNetConfig.SLOPE)
                  : new InstanceNorm(setup, out)));
    }
    boolean same = in == out && stride[0] * stride[1] * stride[2] == 1;
    if (residual && !same) {
      shortcut = register("shortcut", Layers.conv(setup, in, out, Conv3d.cube(1), stride));
      shortcutNorm = register("shortcut_norm", new InstanceNorm(setup, out));
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = x;
    for (int i = 0; i < convolutions.size(); i++) {
      y = norms.get(i).call(convolutions.get(i).call(y));
    }
    if (!residual) {
      return y;
    }
    Tensor skip = shortcut == null ? x : shortcutNorm.call(shortcut.call(x));
    return y.add(skip).leakyRelu(UNetConfig.SLOPE);
  }
}
