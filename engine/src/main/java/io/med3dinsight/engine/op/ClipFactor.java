package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * The factor by which gradients are scaled down so that their global norm is at most {@code
 * maxNorm}: {@code min(1, maxNorm / (norm + 1e-6))}, the small number being that of PyTorch's
 * {@code clip_grad_norm_}. Input the squared norm [] (see {@link SumOfSquares}), output []; NaN
 * where the norm is not finite, at which optimiser steps change nothing. The factor stays on the
 * device.
 */
public record ClipFactor(double maxNorm) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (in.length != 1 || in[0].shape().rank() != 0) {
      throw mismatch("a squared norm []", in);
    }
    return new TensorType[] {TensorType.f32()};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    double norm = Math.sqrt(in[0].item());
    out[0].hostFloats()[out[0].hostOffset()] =
        Double.isFinite(norm) ? (float) Math.min(1, maxNorm / (norm + 1e-6)) : Float.NaN;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    cuda.kernel("step_clip_f32").block(32).buffer(in[0]).buffer(out[0]).f32((float) maxNorm).run();
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw Steps.noGradient(this);
  }
}
