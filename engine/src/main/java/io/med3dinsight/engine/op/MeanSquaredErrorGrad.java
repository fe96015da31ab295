package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaLoss;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of {@link MeanSquaredError} with respect to its first input: {@code da = 2 (a - b) / n}.
 * Inputs a, b, incoming gradient [].
 */
public record MeanSquaredErrorGrad() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] a = in[0].hostFloats();
    float[] b = in[1].hostFloats();
    float[] y = out[0].hostFloats();
    int ao = in[0].hostOffset();
    int bo = in[1].hostOffset();
    int yo = out[0].hostOffset();
    float s = in[2].item() / in[0].size();
    cpu.parallel()
        .range(
            in[0].size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                y[yo + i] = 2 * s * (a[ao + i] - b[bo + i]);
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaLoss.pairsGradient(cuda, CudaLoss.Pair.SQUARED, in, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("second derivatives of MeanSquaredError are not offered");
  }
}
