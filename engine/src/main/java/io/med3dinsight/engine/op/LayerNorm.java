package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.LayerNormRows;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaRows;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Layer normalisation along the last axis (Ba, Kiros and Hinton, 2016): {@code y = gamma (x - mean)
 * / sqrt(var + epsilon) + beta}, var being the mean squared deviation; x [..., C], gamma [C], beta
 * [C].
 */
public record LayerNorm(float epsilon) implements Op {
  /** Normalises the last axis of {@code x}. */
  public static Tensor of(Tensor x, Tensor gamma, Tensor beta, float epsilon) {
    return Eager.run1(new LayerNorm(epsilon), x, gamma, beta);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Shape x = in[0].shape();
    if (x.rank() == 0
        || !in[1].shape().equals(Shape.of(x.dim(-1)))
        || !in[2].shape().equals(in[1].shape())) {
      throw mismatch("x [..., C], gamma [C] and beta [C]", in);
    }
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    LayerNormRows.forward(cpu, in[0], in[1], in[2], epsilon, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public int singles() {
    return 0b110;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaRows.layerNorm(cuda, in[0], in[1], in[2], epsilon, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return Eager.run(new Derivative(epsilon), b.input(0), b.input(1), b.grad());
  }

  /**
   * Gradients with respect to x, gamma and beta, of x, gamma and the incoming gradient. Mean and
   * variance are computed anew.
   */
  public record Derivative(float epsilon) implements GradientOp {
    @Override
    public TensorType[] infer(TensorType... in) {
      return new TensorType[] {in[0], in[1], in[1]};
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      LayerNormRows.backward(cpu, in[0], in[1], in[2], epsilon, out[0], out[1], out[2]);
    }

    @Override
    public Precision precision() {
      return Precision.STORAGE;
    }

    @Override
    public int singles() {
      return 0b010;
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      CudaRows.layerNormGradient(cuda, in[0], in[1], in[2], epsilon, out[0], out[1], out[2]);
    }
  }
}
