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
 * Gradient of {@link Conv3d} with respect to its weights: {@code dw[k,c,c'] = sum over n, o of x[n,
 * o * stride + k * dilation - pad, c] * dy[n,o,c']}.
 *
 * <p>Inputs x [N,D,H,W,Cin] and dy [N,D',H',W',Cout]; output of the weights' shape (N batch, D H W
 * depth height width, C channels).
 *
 * @param kernel kD, kH, kW
 */
public record Conv3dWeightGradient(ConvSpec spec, Size3 kernel) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    ConvGeometry g = geometry(in[0].shape(), in[1].shape());
    if (!ConvSpec.output(g).equals(in[1].shape())) {
      throw mismatch("dy " + ConvSpec.output(g), in);
    }
    return new TensorType[] {
      new TensorType(in[0].dtype(), spec.weights(kernel, g.inChannels(), g.outChannels()))
    };
  }

  private ConvGeometry geometry(Shape x, Shape dy) {
    return spec.forward(x, kernel, dy.dim(4));
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Tensor x = in[0];
    Tensor dy = in[1];
    Conv.weightGradient(
        cpu,
        geometry(x.shape(), dy.shape()),
        x.hostFloats(),
        x.hostOffset(),
        dy.hostFloats(),
        dy.hostOffset(),
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
      cuda.convolutions().weightGradient(g, in[0], in[1], out[0]);
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
      Size3 extents = ConvSpec.spatial(b.inputType(0).shape());
      g[0] = Eager.run1(new Conv3dInputGradient(spec, extents), b.input(1), b.grad());
    }
    if (b.needs(1)) {
      g[1] = Eager.run1(new Conv3d(spec), b.input(0), b.grad());
    }
    return g;
  }
}
