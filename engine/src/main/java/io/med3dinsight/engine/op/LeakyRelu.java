package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Elementwise;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** {@code y = x} where x is positive, {@code slope x} elsewhere; slope 0 is ReLU. */
public record LeakyRelu(float slope) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Elementwise.unary(cpu, in[0], out[0], this::rows);
  }

  private void rows(float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      float v = x[xo + i];
      y[yo + i] = Math.max(v, 0f) + slope * Math.min(v, 0f);
    }
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.unary(cuda, "leakyrelu", in[0], out[0], slope);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new LeakyReluGrad(slope), b.grad(), b.input(0))};
  }
}
