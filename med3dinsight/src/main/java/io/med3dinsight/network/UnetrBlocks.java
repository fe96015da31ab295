package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Conv3d;
import io.med3dinsight.nn.layer.ConvTranspose3d;
import io.med3dinsight.nn.layer.InstanceNorm;
import io.med3dinsight.nn.layer.Sequential;

/**
 * The convolutional blocks of UNETR and Swin UNETR, named as in MONAI: {@code conv1.conv.weight}.
 * Their instance norms have no parameters.
 */
final class UnetrBlocks {
  private static final float SLOPE = 0.01f;
  private static final int[] TWO = {2, 2, 2};

  private UnetrBlocks() {}

  /** A convolution within a module of its own, as MONAI wraps them. */
  private static final class Wrapped extends Module {
    private final Conv3d conv;

    Wrapped(Setup setup, int in, int out, int kernel, boolean bias) {
      super(setup);
      int[] one = Conv3d.cube(1);
      int[] padding = Conv3d.cube(kernel / 2);
      conv =
          register("conv", Published.conv(setup, in, out, Conv3d.cube(kernel), one, padding, bias));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return conv.call(x);
    }
  }

  /** A transposed convolution that doubles the extents, without bias. */
  private static final class WrappedUp extends Module {
    private final ConvTranspose3d conv;

    WrappedUp(Setup setup, int in, int out) {
      super(setup);
      conv = register("conv", Published.up(setup, in, out, TWO, false));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return conv.call(x);
    }
  }

  /**
   * Two convolutions with instance norm and leaky ReLU, the input added before the last activation,
   * by way of a 1x1x1 convolution where the channels change.
   */
  static final class Residual extends Module {
    private final Wrapped conv1;
    private final Wrapped conv2;
    private final Wrapped conv3;
    private final InstanceNorm activated;
    private final InstanceNorm norm;

    Residual(Setup setup, int in, int out) {
      super(setup);
      conv1 = register("conv1", new Wrapped(setup, in, out, 3, false));
      conv2 = register("conv2", new Wrapped(setup, out, out, 3, false));
      conv3 = in == out ? null : register("conv3", new Wrapped(setup, in, out, 1, false));
      activated = register("norm1", InstanceNorm.plain(setup, SLOPE));
      norm = register("norm2", InstanceNorm.plain(setup, 1f));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor y = norm.call(conv2.call(activated.call(conv1.call(x))));
      Tensor shortcut = conv3 == null ? x : norm.call(conv3.call(x));
      return y.add(shortcut).leakyRelu(SLOPE);
    }
  }

  /** {@link Residual} under the name {@code layer}. */
  static final class Basic extends Module {
    private final Residual layer;

    Basic(Setup setup, int in, int out) {
      super(setup);
      layer = register("layer", new Residual(setup, in, out));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return layer.call(x);
    }
  }

  /** Up to the extents of the skip features, which are put beside, and a residual block. */
  static final class Up extends Module {
    private final WrappedUp up;
    private final Residual block;

    Up(Setup setup, int in, int out) {
      super(setup);
      up = register("transp_conv", new WrappedUp(setup, in, out));
      block = register("conv_block", new Residual(setup, 2 * out, out));
    }

    Tensor call(Tensor x, Tensor skip) {
      return tidyAll(
          () -> {
            Tensor raised = Grids.fit(up.call(x), Grids.extents(skip));
            return new Tensor[] {block.call(Tensor.concat(-1, raised, skip))};
          })[0];
    }
  }

  /** Up once, then {@code further} times up with a residual block after it. */
  static final class Projection extends Module {
    private final WrappedUp first;
    private final Sequential blocks;

    Projection(Setup setup, int in, int out, int further) {
      super(setup);
      first = register("transp_conv_init", new WrappedUp(setup, in, out));
      Module[] each = new Module[further];
      for (int i = 0; i < further; i++) {
        each[i] =
            new Sequential(setup, new WrappedUp(setup, out, out), new Residual(setup, out, out));
      }
      blocks = register("blocks", new Sequential(setup, each));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return blocks.call(first.call(x));
    }
  }

  /** 1x1x1 convolution with bias, {@code conv.conv}. */
  static final class Out extends Module {
    private final Wrapped conv;

    Out(Setup setup, int in, int out) {
      super(setup);
      conv = register("conv", new Wrapped(setup, in, out, 1, true));
    }

    @Override
    protected Tensor forward(Tensor x) {
      return conv.call(x);
    }
  }
}
