package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaLoss;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of {@link BinaryCrossEntropy} by the logits: {@code (s(x) - t) / n}. Inputs logits,
 * targets, incoming gradient [].
 */
public record BinaryCrossEntropyGrad() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] x = in[0].hostFloats();
    float[] t = in[1].hostFloats();
    float[] y = out[0].hostFloats();
    int xo = in[0].hostOffset();
    int to = in[1].hostOffset();
    int yo = out[0].hostOffset();
    float scale = in[2].item() / in[0].size();
    cpu.parallel()
        .range(
            in[0].size(),
            Steps.GRAIN,
            (start, end) -> {
              cpu.kernels().math().sigmoid(x, xo + start, y, yo + start, end - start);
              for (int i = start; i < end; i++) {
                y[yo + i] = scale * (y[yo + i] - t[to + i]);
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaLoss.pairsGradient(cuda, CudaLoss.Pair.BINARY, in, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("second derivatives of BinaryCrossEntropy are not offered");
  }
}
