package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaSteps;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Sum of the squares of all elements of all inputs, a scalar: the square of the global gradient
 * norm. Added up in an order that depends on sizes alone, in double precision on the CPU. For
 * optimisers; it has no gradient.
 */
public record SumOfSquares() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    for (TensorType t : in) {
      if (t.dtype() != DType.F32) {
        throw mismatch("float tensors", in);
      }
    }
    return new TensorType[] {TensorType.f32()};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    double total = 0;
    for (Tensor t : in) {
      total += squares(cpu, t.hostFloats(), t.hostOffset(), t.size());
    }
    out[0].hostFloats()[out[0].hostOffset()] = (float) total;
  }

  private static double squares(CpuBackend cpu, float[] x, int xo, int n) {
    double[] part = new double[(n + Steps.GRAIN - 1) / Steps.GRAIN];
    cpu.parallel()
        .range(
            n,
            Steps.GRAIN,
            (from, to) -> part[from / Steps.GRAIN] = chunk(x, xo + from, to - from));
    double sum = 0;
    for (double p : part) {
      sum += p;
    }
    return sum;
  }

  /** Four sums side by side, so that additions overlap. */
  private static double chunk(float[] x, int o, int n) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      a += (double) x[o + i] * x[o + i];
      b += (double) x[o + i + 1] * x[o + i + 1];
      c += (double) x[o + i + 2] * x[o + i + 2];
      d += (double) x[o + i + 3] * x[o + i + 3];
    }
    for (; i < n; i++) {
      a += (double) x[o + i] * x[o + i];
    }
    return (a + b) + (c + d);
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaSteps.sumOfSquares(cuda, in, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("SumOfSquares is for optimisers and has no gradient");
  }
}
