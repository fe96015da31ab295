package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.SoftmaxRows;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaRows;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** {@code y_i = x_i - log sum_j exp(x_j)} along the last axis. */
public record LogSoftmax() implements Op {
  /** The logarithm of softmax along the last axis. */
  public static Tensor of(Tensor x) {
    return Eager.run1(new LogSoftmax(), x);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    return Softmax.infer(this, in);
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    SoftmaxRows.softmax(cpu, in[0], out[0], true);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaRows.softmax(cuda, in[0], out[0], true);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING.andOutputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new Derivative(), b.output(0), b.grad())};
  }

  /** {@code dx = g - exp(y) sum(g)} of y and g. */
  public record Derivative() implements GradientOp {
    @Override
    public TensorType[] infer(TensorType... in) {
      return new TensorType[] {in[0]};
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      SoftmaxRows.logSoftmaxGradient(cpu, in[0], in[1], out[0]);
    }

    @Override
    public Precision precision() {
      return Precision.STORAGE;
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      CudaRows.softmaxGradient(cuda, in[0], in[1], out[0], true);
    }
  }
}
