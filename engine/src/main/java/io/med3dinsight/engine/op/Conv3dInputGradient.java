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
 * Gradient of {@link Conv3d} with respect to its input: {@code dx[n,i,c] = sum over o, k, c' with o
 * * stride + k * dilation - pad = i of dy[n,o,c'] * w[k,c,c']}.
 *
 * <p>Inputs dy [N,D',H',W',Cout] and the weights; output [N,D,H,W,Cin] (N batch, D H W depth height
 * width, C channels).
 *
 * @param extents D, H, W of the convolution's input
 */
public record Conv3dInputGradient(ConvSpec spec, Size3 extents) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    ConvGeometry g = geometry(in[0].shape(), in[1].shape());
    if (spec.outChannels(in[1].shape()) != in[0].shape().dim(4)) {
      throw mismatch("dy and weights with the same output channels", in);
    }
    ConvGeometry f =
        spec.forward(ConvSpec.input(g), ConvSpec.kernel(in[1].shape()), g.outChannels());
    if (!ConvSpec.output(f).equals(in[0].shape())) {
      throw mismatch("dy " + ConvSpec.output(f), in);
    }
    return new TensorType[] {new TensorType(in[0].dtype(), ConvSpec.input(g))};
  }

  private ConvGeometry geometry(Shape dy, Shape w) {
    return spec.backward(dy, ConvSpec.kernel(w), extents, spec.inChannels(w));
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Tensor dy = in[0];
    Tensor w = in[1];
    Conv.inputGradient(
        cpu,
        geometry(dy.shape(), w.shape()),
        dy.hostFloats(),
        dy.hostOffset(),
        w.hostFloats(),
        w.hostOffset(),
        null,
        0,
        out[0].hostFloats(),
        out[0].hostOffset());
  }

  @Override
  public Precision precision() {
    return Precision.PRODUCT;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    if (out[0].size() > 0) {
      ConvGeometry g = geometry(in[0].shape(), in[1].shape());
      cuda.convolutions().inputGradient(g, in[0], in[1], null, out[0]);
    }
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor[] g = new Tensor[2];
    if (b.needs(0)) {
      g[0] = Eager.run1(new Conv3d(spec), b.grad(), b.input(1));
    }
    if (b.needs(1)) {
      Size3 kernel = ConvSpec.kernel(b.inputType(1).shape());
      g[1] = Eager.run1(new Conv3dWeightGradient(spec, kernel), b.grad(), b.input(0));
    }
    return g;
  }
}
