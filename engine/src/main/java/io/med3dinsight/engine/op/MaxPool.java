package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * The largest value of each window of [N,D,H,W,C]; padding never wins, NaN always does, of equal
 * values the first. Outputs y and the winners' positions within x, I32.
 */
public record MaxPool(PoolWindow window) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Shape y = window.outputOf(this, in);
    return new TensorType[] {new TensorType(in[0].dtype(), y), TensorType.i32(y)};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    window.pool(cpu, in[0].shape(), out[0].shape()).max(in[0], out[0], out[1]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    window.pool(cuda, in[0].shape(), out[0].shape()).max(in[0], out[0], out[1]);
  }

  @Override
  public Saved saved() {
    return Saved.outputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Op op = new MaxPoolGrad(window, b.inputType(0).shape());
    return new Tensor[] {Eager.run1(op, b.grad(), b.output(1))};
  }
}
