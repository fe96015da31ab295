package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.VectorMath;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gaussian error linear unit, {@code y = x Phi(x)} with Phi the standard normal distribution
 * (Hendrycks and Gimpel, 2016).
 *
 * @param tanh whether to use the approximation {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715
 *     x^3)))}
 */
public record Gelu(boolean tanh) implements Op {
  private static final int GRAIN = 1 << 15;

  /** The exact function. */
  public static Tensor of(Tensor x) {
    return Eager.run1(new Gelu(false), x);
  }

  /** The approximation by tanh. */
  public static Tensor tanh(Tensor x) {
    return Eager.run1(new Gelu(true), x);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    VectorMath math = cpu.kernels().math();
    float[] x = in[0].hostFloats();
    float[] y = out[0].hostFloats();
    int xo = in[0].hostOffset();
    int yo = out[0].hostOffset();
    cpu.parallel()
        .range(in[0].size(), GRAIN, (s, e) -> math.gelu(tanh, x, xo + s, y, yo + s, e - s));
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.unary(cuda, tanh ? "gelutanh" : "gelu", in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new Derivative(tanh), b.input(0), b.grad())};
  }

  /** {@code dx = g gelu'(x)} of x and g. */
  public record Derivative(boolean tanh) implements GradientOp {
    @Override
    public TensorType[] infer(TensorType... in) {
      return new TensorType[] {in[0]};
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      VectorMath math = cpu.kernels().math();
      float[] x = in[0].hostFloats();
      float[] g = in[1].hostFloats();
      float[] y = out[0].hostFloats();
      int xo = in[0].hostOffset();
      int go = in[1].hostOffset();
      int yo = out[0].hostOffset();
      cpu.parallel()
          .range(
              in[0].size(),
              GRAIN,
              (s, e) -> math.geluGradient(tanh, x, xo + s, g, go + s, y, yo + s, e - s));
    }

    @Override
    public Precision precision() {
      return Precision.STORAGE;
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      String kernel = tanh ? "gelutanhgrad" : "gelugrad";
      CudaElementwise.binary(cuda, kernel, in[0], in[1], out[0]);
    }
  }
}
