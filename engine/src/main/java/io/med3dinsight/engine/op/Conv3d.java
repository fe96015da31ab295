package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.Conv;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * 3D convolution (cross-correlation) with zero padding: {@code y[n,o,c'] = b[c'] + sum over k, c of
 * x[n, o * stride + k * dilation - pad, c] * w[k,c,c']}.
 *
 * <p>Inputs x [N,D,H,W,Cin], w [kD,kH,kW,Cin/groups,Cout] and, if there is a third, the bias b
 * [Cout]; output [N,D',H',W',Cout] with {@code D' = (D + 2 pad - dilation (kD - 1) - 1) / stride +
 * 1} rounded down (N batch, D H W depth height width, C channels).
 */
public record Conv3d(ConvSpec spec) implements Op {
  /** Stride 1, kernel of odd size k, zero padding that keeps the extents. */
  public static Conv3d same(int kernel) {
    return new Conv3d(ConvSpec.of(1, kernel / 2));
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    if (in.length < 2 || in[0].shape().rank() != 5 || in[1].shape().rank() != 5) {
      throw mismatch("x [N,D,H,W,Cin] and w [kD,kH,kW,Cin/groups,Cout]", in);
    }
    Shape w = in[1].shape();
    int out = spec.outChannels(w);
    if (w.size() == 0 || in[0].shape().dim(4) != spec.inChannels(w) || out % spec.groups() != 0) {
      throw mismatch("weights whose channels fit x and the groups", in);
    }
    if (in.length == 3 && !in[2].shape().equals(Shape.of(out))) {
      throw mismatch("a bias [" + out + "]", in);
    }
    ConvGeometry g = geometry(in[0].shape(), w);
    if (g.d().out() < 1 || g.h().out() < 1 || g.w().out() < 1) {
      throw mismatch("an input at least as large as the kernel less the padding", in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), ConvSpec.output(g))};
  }

  private ConvGeometry geometry(Shape x, Shape w) {
    return spec.forward(x, ConvSpec.kernel(w), spec.outChannels(w));
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Tensor x = in[0];
    Tensor w = in[1];
    boolean biased = in.length == 3;
    Conv.forward(
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
      cuda.convolutions().forward(g, in[0], in[1], bias, out[0]);
    }
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Shape x = b.inputType(0).shape();
    Shape w = b.inputType(1).shape();
    Tensor dx = null;
    Tensor dw = null;
    if (b.needs(0)) {
      dx = Eager.run1(new Conv3dInputGradient(spec, ConvSpec.spatial(x)), b.grad(), b.input(1));
    }
    if (b.needs(1)) {
      dw = Eager.run1(new Conv3dWeightGradient(spec, ConvSpec.kernel(w)), b.input(0), b.grad());
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
