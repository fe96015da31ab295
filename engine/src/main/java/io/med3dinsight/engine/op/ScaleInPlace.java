package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaElementwise;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Multiplies a tensor by a number, in place: {@code a *= factor}. For gradient clipping and
 * accumulation.
 */
public record ScaleInPlace(float factor) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, 1, in);
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] a = in[0].hostFloats();
    int ao = in[0].hostOffset();
    cpu.parallel()
        .range(
            in[0].size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                a[ao + i] *= factor;
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaElementwise.scale(cuda, in[0], factor);
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
