package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.Conv;
import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Transposed 3D convolution, the gradient of a convolution with respect to its input: {@code
 * y[n,o,c'] = b[c'] + sum over i, k, c with i * stride + k * dilation - pad = o of x[n,i,c] *
 * w[k,c,c']}.
 *
 * <p>Inputs x [N,D,H,W,Cin], w [kD,kH,kW,Cin,Cout/groups] and, if there is a third, the bias b
 * [Cout]; output [N,D',H',W',Cout] with {@code D' = (D - 1) stride - 2 pad + dilation (kD - 1) +
 * outputPad + 1} (N batch, D H W depth height width, C channels).
 */
public record ConvTranspose3d(Size3 stride, Size3 pad, Size3 dilation, Size3 outputPad, int groups)
    implements Op {
  /**
   * Same stride along all axes, no padding: with a kernel of the stride's size it scales up without
   * overlap.
   */
  public static ConvTranspose3d of(int stride) {
    return new ConvTranspose3d(Size3.of(stride), Size3.of(0), Size3.of(1), Size3.of(0), 1);
  }

  /** The convolution whose gradient this is. */
  private ConvSpec spec() {
    return new ConvSpec(stride, pad, dilation, groups, true);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    if (in.length < 2 || in[0].shape().rank() != 5 || in[1].shape().rank() != 5) {
      throw mismatch("x [N,D,H,W,Cin] and w [kD,kH,kW,Cin,Cout/groups]", in);
    }
    Shape x = in[0].shape();
    Shape w = in[1].shape();
    if (w.size() == 0 || x.dim(4) != w.dim(3) || x.dim(4) % groups != 0) {
      throw mismatch("weights whose channels fit x and the groups", in);
    }
    if (in.length == 3 && !in[2].shape().equals(Shape.of(w.dim(4) * groups))) {
      throw mismatch("a bias [" + w.dim(4) * groups + "]", in);
    }
    if (!padFits(outputPad.d(), stride.d())
        || !padFits(outputPad.h(), stride.h())
        || !padFits(outputPad.w(), stride.w())) {
      throw mismatch("an output padding of at least 0 and below the stride", in);
    }
    ConvGeometry g = geometry(x, w);
    if (g.d().in() < 1 || g.h().in() < 1 || g.w().in() < 1) {
      throw mismatch("a padding that leaves some output", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), ConvSpec.input(g))};
  }

  private static boolean padFits(int outputPad, int stride) {
    return outputPad >= 0 && outputPad < stride;
  }

  private ConvGeometry geometry(Shape x, Shape w) {
    ConvAxis d =
        ConvAxis.transposed(x.dim(1), w.dim(0), stride.d(), pad.d(), dilation.d(), outputPad.d());
    ConvAxis h =
        ConvAxis.transposed(x.dim(2), w.dim(1), stride.h(), pad.h(), dilation.h(), outputPad.h());
    ConvAxis v =
        ConvAxis.transposed(x.dim(3), w.dim(2), stride.w(), pad.w(), dilation.w(), outputPad.w());
    return spec()
        .backward(x, ConvSpec.kernel(w), new Size3(d.in(), h.in(), v.in()), w.dim(4) * groups);
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Tensor x = in[0];
    Tensor w = in[1];
    boolean biased = in.length == 3;
    Conv.inputGradient(
        cpu,
        geometry(x.shape(), w.shape()),
        x.hostFloats(),
        x.hostOffset(),
        w.hostFloats(),
        w.hostOffset(),
        biased ? in[2].hostFloats() : null,
        biased ? in[2].hostOffset() : 0,
        out[0].hostFloats(),
        out[0].hostOffset());
  }

  @Override
  public Precision precision() {
    return Precision.PRODUCT;
  }

  /** The bias is added in single precision. */
  @Override
  public int singles() {
    return 1 << 2;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    if (out[0].size() > 0) {
      ConvGeometry g = geometry(in[0].shape(), in[1].shape());
      Tensor bias = in.length == 3 ? in[2] : null;
      cuda.convolutions().inputGradient(g, in[0], in[1], bias, out[0]);
    }
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor dx = null;
    Tensor dw = null;
    if (b.needs(0)) {
      dx = Eager.run1(new Conv3d(spec()), b.grad(), b.input(1));
    }
    if (b.needs(1)) {
      Size3 kernel = ConvSpec.kernel(b.inputType(1).shape());
      dw = Eager.run1(new Conv3dWeightGradient(spec(), kernel), b.grad(), b.input(0));
    }
    if (b.inputCount() < 3) {
      return new Tensor[] {dx, dw};
    }
    Tensor db = null;
    if (b.needs(2)) {
      db = SumTo.shape(b.grad(), b.inputType(2).shape()).cast(b.inputType(2).dtype());
    }
    return new Tensor[] {dx, dw, db};
  }
}
