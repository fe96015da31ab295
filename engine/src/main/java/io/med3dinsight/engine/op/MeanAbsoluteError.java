package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaLoss;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * {@code mean of |a - b|} over all elements of two tensors of one shape, a scalar, added up in
 * double precision; 0 without elements.
 */
public record MeanAbsoluteError() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, 2, in);
    return new TensorType[] {TensorType.f32()};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] a = in[0].hostFloats();
    float[] b = in[1].hostFloats();
    int ao = in[0].hostOffset();
    int bo = in[1].hostOffset();
    int n = in[0].size();
    double[] part = new double[(n + Steps.GRAIN - 1) / Steps.GRAIN];
    cpu.parallel()
        .range(
            n,
            Steps.GRAIN,
            (from, to) -> {
              double sum = 0;
              for (int i = from; i < to; i++) {
                sum += Math.abs((double) a[ao + i] - b[bo + i]);
              }
              part[from / Steps.GRAIN] = sum;
            });
    double sum = 0;
    for (double p : part) {
      sum += p;
    }
    out[0].hostFloats()[out[0].hostOffset()] = (float) (n == 0 ? 0 : sum / n);
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaLoss.pairs(cuda, CudaLoss.Pair.ABSOLUTE, in[0], in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Op op = new MeanAbsoluteErrorGrad();
    Tensor x = b.input(0);
    Tensor y = b.input(1);
    return new Tensor[] {
      b.needs(0) ? Eager.run1(op, x, y, b.grad()) : null,
      b.needs(1) ? Eager.run1(op, y, x, b.grad()) : null
    };
  }
}
