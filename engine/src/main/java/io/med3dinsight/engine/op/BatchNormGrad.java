package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of {@link BatchNorm} and {@link BatchNormInference}. Inputs x, dy, gamma, beta, mean, 1
 * / sqrt(var + eps); outputs dx, dgamma, dbeta.
 *
 * @param fixed whether the statistics are constants rather than functions of x
 * @param slope as in the forward pass
 */
public record BatchNormGrad(boolean fixed, float slope) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0], in[2], in[3]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    NormShapes.overBatch(cpu, in[0].shape()).backward(in, in[0].dim(-1), slope, fixed, out);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public int singles() {
    return 0b111100;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    NormShapes.overBatch(cuda, in[0].shape()).backward(in, slope, fixed, out);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("second derivatives of BatchNorm are not offered");
  }
}
