package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaLoss;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Mean binary cross-entropy of the sigmoid of logits: {@code mean of -(t log s(x) + (1 - t) log(1 -
 * s(x)))}, computed as {@code max(x, 0) - x t + log(1 + exp(-|x|))}, which never overflows; 0
 * without elements. Inputs logits x and targets t in [0, 1], of one shape; targets get no gradient.
 */
public record BinaryCrossEntropy() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, 2, in);
    return new TensorType[] {TensorType.f32()};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] x = in[0].hostFloats();
    float[] t = in[1].hostFloats();
    int xo = in[0].hostOffset();
    int to = in[1].hostOffset();
    int n = in[0].size();
    double[] part = new double[(n + Steps.GRAIN - 1) / Steps.GRAIN];
    cpu.parallel()
        .range(
            n,
            Steps.GRAIN,
            (start, end) -> {
              double sum = 0;
              for (int i = start; i < end; i++) {
                double v = x[xo + i];
                sum += Math.max(v, 0) - v * t[to + i] + Math.log1p(Math.exp(-Math.abs(v)));
              }
              part[start / Steps.GRAIN] = sum;
            });
    double sum = 0;
    for (double p : part) {
      sum += p;
    }
    out[0].hostFloats()[out[0].hostOffset()] = (float) (n == 0 ? 0 : sum / n);
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaLoss.pairs(cuda, CudaLoss.Pair.BINARY, in[0], in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor dx = Eager.run1(new BinaryCrossEntropyGrad(), b.input(0), b.input(1), b.grad());
    return new Tensor[] {dx, null};
  }
}
