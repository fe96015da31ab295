package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Transposed 3D convolution: x [N,D,H,W,in], weight [kD,kH,kW,in,out], bias [out], y
 * [N,D',H',W',out] with {@code D' = (D - 1) stride - 2 padding + kD + outputPadding}. Initialised
 * as in nnU-Net unless told otherwise; the fan in is PyTorch's for this layer, {@code out kD kH
 * kW}.
 */
public final class ConvTranspose3d extends Module {
  private final Tensor weight;
  private final Tensor bias;
  private final io.med3dinsight.engine.op.ConvTranspose3d op;

  /**
   * Upsampling by {@code stride} along D, H, W with a kernel of the same size, as in nnU-Net's
   * decoder.
   */
  public ConvTranspose3d(Setup setup, int in, int out, int[] stride) {
    this(
        setup,
        in,
        out,
        stride,
        stride,
        Conv3d.cube(0),
        Conv3d.cube(0),
        Init.kaimingNormal(0.01),
        Init.zeros());
  }

  /**
   * @param biasInit null for a convolution without bias
   */
  public ConvTranspose3d(
      Setup setup,
      int in,
      int out,
      int[] kernel,
      int[] stride,
      int[] padding,
      int[] outputPadding,
      Init weightInit,
      Init biasInit) {
    super(setup);
    op =
        new io.med3dinsight.engine.op.ConvTranspose3d(
            Conv3d.size(stride), Conv3d.size(padding), Size3.of(1), Conv3d.size(outputPadding), 1);
    long volume = (long) kernel[0] * kernel[1] * kernel[2];
    weight =
        parameter(
            "weight",
            weightInit,
            Layout.CONV_TRANSPOSE3D,
            out * volume,
            in * volume,
            kernel[0],
            kernel[1],
            kernel[2],
            in,
            out);
    bias =
        biasInit == null
            ? null
            : parameter("bias", biasInit, Layout.SAME, out * volume, in * volume, out);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return run(op, x);
  }

  /**
   * With extents D', H', W' chosen among those that belong to the same input, as PyTorch's {@code
   * output_size} does: each between the one without output padding and that plus stride - 1.
   */
  public Tensor call(Tensor x, int[] extents) {
    Size3 least = Size3.of(0);
    io.med3dinsight.engine.op.ConvTranspose3d plain =
        new io.med3dinsight.engine.op.ConvTranspose3d(
            op.stride(), op.pad(), op.dilation(), least, op.groups());
    Shape s = plain.infer(x.type(), weight.type())[0].shape();
    Size3 further = new Size3(extents[0] - s.dim(1), extents[1] - s.dim(2), extents[2] - s.dim(3));
    io.med3dinsight.engine.op.ConvTranspose3d padded =
        new io.med3dinsight.engine.op.ConvTranspose3d(
            op.stride(), op.pad(), op.dilation(), further, op.groups());
    return Scope.tidy(() -> run(padded, x));
  }

  private Tensor run(io.med3dinsight.engine.op.ConvTranspose3d with, Tensor x) {
    return bias == null ? Eager.run1(with, x, weight) : Eager.run1(with, x, weight, bias);
  }
}
