package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Elementwise;
import io.med3dinsight.engine.cpu.VectorMath;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** Sigmoid linear unit, {@code y = x sigmoid(x)} (Elfwing et al. 2017, arXiv 1702.03118). */
public record Silu() implements Op {
  /** {@code x sigmoid(x)}. */
  public static Tensor of(Tensor x) {
    return Eager.run1(new Silu(), x);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    VectorMath math = cpu.kernels().math();
    Elementwise.unary(
        cpu,
        in[0],
        out[0],
        (x, xo, y, yo, n) -> {
          math.sigmoid(x, xo, y, yo, n);
          for (int i = 0; i < n; i++) {
            y[yo + i] *= x[xo + i];
          }
        });
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.unary(cuda, "silu", in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new Derivative(), b.input(0), b.grad())};
  }

  /** {@code dx = g s (1 + x (1 - s))} with s = sigmoid(x), of x and g. */
  public record Derivative() implements GradientOp {
    @Override
    public TensorType[] infer(TensorType... in) {
      return new TensorType[] {in[0]};
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      VectorMath math = cpu.kernels().math();
      Elementwise.binary(
          cpu,
          in[0],
          in[1],
          out[0],
          (x, xo, g, go, y, yo, n) -> {
            math.sigmoid(x, xo, y, yo, n);
            for (int i = 0; i < n; i++) {
              float s = y[yo + i];
              y[yo + i] = g[go + i] * s * (1 + x[xo + i] * (1 - s));
            }
          });
    }

    @Override
    public Precision precision() {
      return Precision.STORAGE;
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      CudaElementwise.binary(cuda, "silugrad", in[0], in[1], out[0]);
    }
  }
}
