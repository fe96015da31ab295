package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Exponential moving average, in place: {@code average += (1 - decay) * (value - average)}. Inputs
 * average, value. Running statistics of batch norm are this with {@code decay = 1 - momentum}.
 */
public record EmaStep(float decay) implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, 2, in);
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] a = in[0].hostFloats();
    float[] v = in[1].hostFloats();
    int ao = in[0].hostOffset();
    int vo = in[1].hostOffset();
    float part = 1 - decay;
    cpu.parallel()
        .range(
            in[0].size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                a[ao + i] += part * (v[vo + i] - a[ao + i]);
              }
            });
  }

  @Override
  public boolean repeatable() {
    return false;
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
