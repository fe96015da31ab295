package io.med3dinsight.engine.op;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaReduce;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of {@link DivideByMax}: {@code dx = g / M}, less {@code sum(g x) / M^2} at the maximum
 * M. Inputs: g and x [P,B1,B2].
 */
public record DivideByMaxGrad() implements GradientOp {
  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[1]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int n = in[1].dim(1) * in[1].dim(2);
    float[] g = in[0].hostFloats();
    float[] x = in[1].hostFloats();
    float[] dx = out[0].hostFloats();
    cpu.parallel()
        .range(
            in[1].dim(0),
            1 + (1 << 15) / Math.max(1, n),
            (from, to) -> {
              for (int p = from; p < to; p++) {
                problem(
                    g,
                    in[0].hostOffset() + p * n,
                    x,
                    in[1].hostOffset() + p * n,
                    dx,
                    out[0].hostOffset() + p * n,
                    n);
              }
            });
  }

  private static void problem(float[] g, int go, float[] x, int xo, float[] dx, int o, int n) {
    if (n == 0) {
      return;
    }
    int best = DivideByMax.largest(x, xo, n);
    float top = x[xo + best];
    double dot = 0;
    for (int i = 0; i < n; i++) {
      dx[o + i] = top > 0 ? g[go + i] / top : g[go + i];
      dot += (double) g[go + i] * x[xo + i];
    }
    if (top > 0) {
      dx[o + best] -= (float) (dot / top / top);
    }
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaReduce.divideByMaxGrad(cuda, in[0], in[1], out[0]);
  }
}
