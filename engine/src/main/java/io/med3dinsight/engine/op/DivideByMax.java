package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaReduce;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Each problem [B1,B2] of x [P,B1,B2] divided by its largest element, {@code y = x / max(x)};
 * unchanged where that is not positive. The gradient flows through the maximum as well (to the
 * first of equals).
 */
public record DivideByMax() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (in[0].shape().rank() != 3) {
      throw mismatch("x [P,B1,B2]", in);
    }
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int n = in[0].dim(1) * in[0].dim(2);
    float[] x = in[0].hostFloats();
    float[] y = out[0].hostFloats();
    cpu.parallel()
        .range(
            in[0].dim(0),
            1 + (1 << 15) / Math.max(1, n),
            (from, to) -> {
              for (int p = from; p < to; p++) {
                int xo = in[0].hostOffset() + p * n;
                int yo = out[0].hostOffset() + p * n;
                float top = n == 0 ? 0 : x[xo + largest(x, xo, n)];
                for (int i = 0; i < n; i++) {
                  y[yo + i] = top > 0 ? x[xo + i] / top : x[xo + i];
                }
              }
            });
  }

  static int largest(float[] x, int from, int n) {
    int best = 0;
    for (int i = 1; i < n; i++) {
      if (x[from + i] > x[from + best]) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaReduce.divideByMax(cuda, in[0], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(new DivideByMaxGrad(), b.grad(), b.input(0))};
  }
}
