package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Elementwise;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/** Gradient of {@link LeakyRelu}: {@code g} where x is positive, {@code slope g} elsewhere. */
public record LeakyReluGrad(float slope) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (!in[0].shape().equals(in[1].shape())) {
      throw mismatch("a gradient and an input of one shape", in);
    }
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    Elementwise.binary(cpu, in[0], in[1], out[0], this::rows);
  }

  private void rows(float[] g, int go, float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i++) {
      float v = x[xo + i];
      float d = g[go + i];
      y[yo + i] = v > 0f ? d : slope * d;
    }
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.binary(cuda, "leakyrelugrad", in[0], in[1], out[0], slope);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    // Linear in the gradient; the second derivative with respect to x is 0 almost everywhere.
    return new Tensor[] {Eager.run1(this, b.grad(), b.input(1)), null};
  }
}
