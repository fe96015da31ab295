package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.SoftmaxRows;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaRows;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * {@code y_i = exp(x_i) / sum_j exp(x_j)} along the last axis. A row of minus infinities alone
 * gives NaN.
 */
public record Softmax() implements Op {
  /** Softmax along the last axis. */
  public static Tensor of(Tensor x) {
    return Eager.run1(new Softmax(), x);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    return infer(this, in);
  }

  static TensorType[] infer(Op op, TensorType[] in) {
    if (in[0].shape().rank() == 0) {
      throw op.mismatch("a tensor of at least one axis", in);
    }
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    SoftmaxRows.softmax(cpu, in[0], out[0], false);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaRows.softmax(cuda, in[0], out[0], false);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING.andOutputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new Derivative(), b.output(0), b.grad())};
  }

  /** {@code dx = y (g - sum(g y))} of y and g. */
  public record Derivative() implements GradientOp {
    @Override
    public TensorType[] infer(TensorType... in) {
      return new TensorType[] {in[0]};
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      SoftmaxRows.softmaxGradient(cpu, in[0], in[1], out[0]);
    }

    @Override
    public Precision precision() {
      return Precision.STORAGE;
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      CudaRows.softmaxGradient(cuda, in[0], in[1], out[0], false);
    }
  }
}
