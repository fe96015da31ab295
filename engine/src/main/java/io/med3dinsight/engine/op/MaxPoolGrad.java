package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of {@link MaxPool}: all of a window's gradient goes to its winner. Inputs dy, winners.
 *
 * @param shape of the input of the forward pass
 */
public record MaxPoolGrad(PoolWindow window, Shape shape) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {new TensorType(in[0].dtype(), shape)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    window.pool(cpu, shape, in[0].shape()).maxGradient(in[0], in[1], out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    window.pool(cuda, shape, in[0].shape()).maxGradient(in[0], in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("second derivatives of MaxPool are not offered");
  }
}
