package io.med3dinsight.engine.op;

import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;

/**
 * What a 3D convolution does beside its weights: output position o reads the inputs {@code o *
 * stride + k * dilation - pad}, zero outside; each of the {@code groups} slices of output channels
 * reads its own slice of input channels.
 *
 * @param outFirst weights are [kD,kH,kW,Cout,Cin/groups] instead of [kD,kH,kW,Cin/groups,Cout]
 */
public record ConvSpec(Size3 stride, Size3 pad, Size3 dilation, int groups, boolean outFirst) {
  /**
   * @throws ShapeException when a stride, dilation or the number of groups is below 1, or a padding
   *     below 0
   */
  public ConvSpec {
    check(stride, 1, "stride");
    check(pad, 0, "padding");
    check(dilation, 1, "dilation");
    if (groups < 1) {
      throw new ShapeException(
          "a convolution's number of groups is " + groups + ", expected at least 1");
    }
  }

  /** Same stride and padding along all axes, no dilation, one group. */
  public static ConvSpec of(int stride, int pad) {
    return new ConvSpec(Size3.of(stride), Size3.of(pad), Size3.of(1), 1, false);
  }

  /** This with channels cut into groups. */
  public ConvSpec withGroups(int n) {
    return new ConvSpec(stride, pad, dilation, n, outFirst);
  }

  private static void check(Size3 s, int least, String what) {
    if (Math.min(s.d(), Math.min(s.h(), s.w())) < least) {
      throw new ShapeException(
          "a convolution's " + what + " is " + s + ", expected at least " + least);
    }
  }

  /** Input channels of weights of this shape. */
  int inChannels(Shape w) {
    return w.dim(outFirst ? 4 : 3) * groups;
  }

  /** Output channels of weights of this shape. */
  int outChannels(Shape w) {
    return w.dim(outFirst ? 3 : 4);
  }

  /** Shape of the weights. */
  Shape weights(Size3 kernel, int in, int out) {
    return outFirst
        ? Shape.of(kernel.d(), kernel.h(), kernel.w(), out, in / groups)
        : Shape.of(kernel.d(), kernel.h(), kernel.w(), in / groups, out);
  }

  /** The convolution over inputs [N,D,H,W,C] of shape {@code x}. */
  ConvGeometry forward(Shape x, Size3 kernel, int out) {
    return new ConvGeometry(
        x.dim(0),
        x.dim(4),
        out,
        groups,
        ConvAxis.forward(x.dim(1), kernel.d(), stride.d(), pad.d(), dilation.d()),
        ConvAxis.forward(x.dim(2), kernel.h(), stride.h(), pad.h(), dilation.h()),
        ConvAxis.forward(x.dim(3), kernel.w(), stride.w(), pad.w(), dilation.w()),
        outFirst);
  }

  /**
   * The convolution whose outputs have shape {@code y} and whose inputs have extents {@code in} and
   * {@code channels}.
   */
  ConvGeometry backward(Shape y, Size3 kernel, Size3 in, int channels) {
    return new ConvGeometry(
        y.dim(0),
        channels,
        y.dim(4),
        groups,
        new ConvAxis(in.d(), y.dim(1), kernel.d(), stride.d(), pad.d(), dilation.d()),
        new ConvAxis(in.h(), y.dim(2), kernel.h(), stride.h(), pad.h(), dilation.h()),
        new ConvAxis(in.w(), y.dim(3), kernel.w(), stride.w(), pad.w(), dilation.w()),
        outFirst);
  }

  static Size3 kernel(Shape w) {
    return new Size3(w.dim(0), w.dim(1), w.dim(2));
  }

  static Size3 spatial(Shape x) {
    return new Size3(x.dim(1), x.dim(2), x.dim(3));
  }

  static Shape output(ConvGeometry g) {
    return Shape.of(g.batch(), g.d().out(), g.h().out(), g.w().out(), g.outChannels());
  }

  static Shape input(ConvGeometry g) {
    return Shape.of(g.batch(), g.d().in(), g.h().in(), g.w().in(), g.inChannels());
  }
}
