package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * The mean of each window of [N,D,H,W,C].
 *
 * @param includePad whether padding counts, as zeros (PyTorch's default), or the mean is over what
 *     lies inside
 */
public record AveragePool(PoolWindow window, boolean includePad) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {new TensorType(in[0].dtype(), window.outputOf(this, in))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    window.pool(cpu, in[0].shape(), out[0].shape()).average(in[0], out[0], includePad);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    window.pool(cuda, in[0].shape(), out[0].shape()).average(in[0], out[0], includePad);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Op op = new AveragePoolGrad(window, includePad, b.inputType(0).shape());
    return new Tensor[] {Eager.run1(op, b.grad())};
  }
}
