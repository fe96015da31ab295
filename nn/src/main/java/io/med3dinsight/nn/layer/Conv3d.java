package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.op.ConvSpec;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Size3;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * 3D convolution: x [N,D,H,W,in], weight [kD,kH,kW,in/groups,out], bias [out], y [N,D',H',W',out]
 * with {@code D' = (D + 2 padding - dilation (kD - 1) - 1) / stride + 1}. Initialised as in nnU-Net
 * unless told otherwise: Kaiming normal for a leaky slope of 0.01, bias 0.
 */
public final class Conv3d extends Module {
  /** Kernel, stride, padding, dilation along D, H, W, and groups. */
  public record Geometry(int[] kernel, int[] stride, int[] padding, int[] dilation, int groups) {
    /** Padding that keeps the extents at stride 1; odd kernels. */
    public static Geometry same(int[] kernel, int[] stride) {
      int[] padding = new int[3];
      for (int a = 0; a < 3; a++) {
        padding[a] = (kernel[a] - 1) / 2;
      }
      return new Geometry(kernel, stride, padding, cube(1), 1);
    }
  }

  private final Tensor weight;
  private final Tensor bias;
  private final io.med3dinsight.engine.op.Conv3d op;

  /** A cubic odd kernel with the padding that keeps the extents at stride 1, and a bias. */
  public Conv3d(Setup setup, int in, int out, int kernel, int stride) {
    this(setup, in, out, Geometry.same(cube(kernel), cube(stride)), true);
  }

  public Conv3d(Setup setup, int in, int out, Geometry geometry, boolean bias) {
    this(setup, in, out, geometry, Init.kaimingNormal(0.01), bias ? Init.zeros() : null);
  }

  /**
   * @param biasInit null for a convolution without bias
   */
  public Conv3d(Setup setup, int in, int out, Geometry geometry, Init weightInit, Init biasInit) {
    super(setup);
    int groups = geometry.groups;
    if (groups < 1 || in % groups != 0 || out % groups != 0) {
      throw new IllegalArgumentException(
          "Conv3d: "
              + in
              + " input and "
              + out
              + " output channels cannot be divided into "
              + groups
              + " groups.");
    }
    op =
        new io.med3dinsight.engine.op.Conv3d(
            new ConvSpec(
                size(geometry.stride),
                size(geometry.padding),
                size(geometry.dilation),
                groups,
                false));
    int[] k = geometry.kernel;
    long volume = (long) k[0] * k[1] * k[2];
    long fanIn = in / groups * volume;
    long fanOut = out / groups * volume;
    weight =
        parameter(
            "weight", weightInit, Layout.CONV3D, fanIn, fanOut, k[0], k[1], k[2], in / groups, out);
    bias = biasInit == null ? null : parameter("bias", biasInit, Layout.SAME, fanIn, fanOut, out);
  }

  /** The same number along D, H and W. */
  public static int[] cube(int n) {
    return new int[] {n, n, n};
  }

  /** Extents of the kernel along D, H, W. */
  public int[] kernel() {
    return new int[] {weight.dim(0), weight.dim(1), weight.dim(2)};
  }

  /** Zeros added at both ends along D, H, W. */
  public int[] padding() {
    return new int[] {op.spec().pad().d(), op.spec().pad().h(), op.spec().pad().w()};
  }

  @Override
  protected Tensor forward(Tensor x) {
    return bias == null ? Eager.run1(op, x, weight) : Eager.run1(op, x, weight, bias);
  }

  static Size3 size(int[] n) {
    return new Size3(n[0], n[1], n[2]);
  }
}
