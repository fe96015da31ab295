package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaSteps;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Exponential moving average, in place: {@code average += (1 - decay) * (value - average)}. Inputs
 * average and value, for any number of them. Running statistics of batch norm are this with {@code
 * decay = 1 - momentum}; {@link EmaUpdate} takes its decay from a tensor.
 */
public record EmaStep(float decay) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.checkTuples(this, 0, 2, in);
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    for (int i = 0; i < in.length; i += 2) {
      average(cpu, 1 - decay, in[i], in[i + 1]);
    }
  }

  static void average(CpuBackend cpu, float part, Tensor average, Tensor value) {
    float[] a = average.hostFloats();
    float[] v = value.hostFloats();
    int ao = average.hostOffset();
    int vo = value.hostOffset();
    cpu.parallel()
        .range(
            average.size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                a[ao + i] += part * (v[vo + i] - a[ao + i]);
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaSteps.run(cuda, in, 0, 2, block -> cuda.kernel("step_emafixed_f32"), l -> l.f32(1 - decay));
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
