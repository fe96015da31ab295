package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Adds the second tensor to the first, in place: {@code a += b}. For gradients and optimisers; it
 * is never recorded.
 */
public record AddInPlace() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    if (!in[0].shape().equals(in[1].shape())) {
      throw mismatch("two tensors of one shape", in);
    }
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] a = in[0].hostFloats();
    float[] b = in[1].hostFloats();
    int ao = in[0].hostOffset();
    int bo = in[1].hostOffset();
    cpu.parallel()
        .range(
            in[0].size(),
            1 << 15,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                a[ao + i] += b[bo + i];
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.addTo(cuda, in[0], in[1]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("an in-place step has no gradient");
  }
}
