package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * One step of stochastic gradient descent, in place, as PyTorch does it:
 *
 * <pre>
 * g = g + wd p;   v = mu v + g;   p = p - lr (g + mu v) with Nesterov, p = p - lr v without
 * </pre>
 *
 * <p>Inputs parameter p, gradient g (read only) and velocity v, of one shape; the velocity starts
 * at zero. With mu = 0 the velocity is left alone and may be left out.
 *
 * @param learningRate lr
 * @param momentum mu
 * @param nesterov whether to look ahead
 * @param weightDecay wd
 */
public record SgdStep(double learningRate, double momentum, boolean nesterov, double weightDecay)
    implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, momentum == 0 ? Math.max(2, Math.min(3, in.length)) : 3, in);
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] p = in[0].hostFloats();
    float[] g = in[1].hostFloats();
    int po = in[0].hostOffset();
    int go = in[1].hostOffset();
    float lr = (float) learningRate;
    float wd = (float) weightDecay;
    float mu = (float) momentum;
    float[] v = mu == 0 ? null : in[2].hostFloats();
    int vo = mu == 0 ? 0 : in[2].hostOffset();
    cpu.parallel()
        .range(
            in[0].size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                float d = g[go + i] + wd * p[po + i];
                if (v != null) {
                  float vi = mu * v[vo + i] + d;
                  v[vo + i] = vi;
                  d = nesterov ? d + mu * vi : vi;
                }
                p[po + i] -= lr * d;
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
