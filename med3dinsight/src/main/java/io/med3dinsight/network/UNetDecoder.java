package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import java.util.ArrayList;
import java.util.List;

/**
 * The expanding half of a UNet (Ronneberger et al. 2015): from the coarsest level up, a transposed
 * convolution, the encoder's features of that level beside it, and convolutions.
 */
public final class UNetDecoder extends Module {
  private final List<ConvTranspose3d> ups = new ArrayList<>();
  private final List<ResidualBlock> blocks = new ArrayList<>();

  public UNetDecoder(Setup setup, UNetConfig config) {
    super(setup);
    for (int i = config.stages() - 2; i >= 0; i--) {
      int from = config.channels()[i + 1];
      int to = config.channels()[i];
      int[] stride = config.strides()[i + 1];
      ups.add(register("up" + i, new ConvTranspose3d(setup, from, to, stride)));
      // Decoders need no residual blocks: the skip connections are their short cuts (nnU-Net's
      // ResEnc presets do the same).
      blocks.add(
          register(
              "stage" + i,
              new ResidualBlock(
                  setup,
                  2 * to,
                  to,
                  config.kernels()[i],
                  new int[] {1, 1, 1},
                  config.convolutions(),
                  false)));
    }
  }

  /**
   * Features of each level, finest first, the coarsest left out.
   *
   * @param pyramid the encoder's features, finest first
   */
  public Tensor[] decode(Tensor[] pyramid) {
    Tensor y = pyramid[pyramid.length - 1];
    Tensor[] out = new Tensor[pyramid.length - 1];
    for (int i = 0; i < out.length; i++) {
      int level = out.length - 1 - i;
      Tensor up = ups.get(i).call(y);
      Tensor joined = Tensor.concat(-1, up, pyramid[level]);
      up.free();
      y = blocks.get(i).call(joined);
      joined.free();
      out[level] = y;
    }
    return out;
  }
}
