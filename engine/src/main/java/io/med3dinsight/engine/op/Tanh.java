package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Elementwise;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** {@code y = tanh(x)}. */
public record Tanh() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Elementwise.unary(cpu, in[0], out[0], cpu.kernels().math()::tanh);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.unary(cuda, "tanh", in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.outputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {b.grad().mul(b.output(0).square().mul(-1).add(1))};
  }
}
