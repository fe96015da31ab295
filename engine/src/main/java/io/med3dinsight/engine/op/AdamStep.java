package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * One step of Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2019), in place, with
 * PyTorch's order of operations:
 *
 * <pre>
 * decoupled: p = p (1 - lr wd);   otherwise: g = g + wd p
 * m = b1 m + (1 - b1) g;   v = b2 v + (1 - b2) g^2
 * p = p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * </pre>
 *
 * <p>Inputs parameter p, gradient g (read only), first moment m and second moment v, of one shape;
 * moments start at zero.
 *
 * @param learningRate lr
 * @param beta1 b1
 * @param beta2 b2
 * @param eps added to the denominator
 * @param weightDecay wd
 * @param decoupled AdamW if true, L2 regularisation in the gradient if false
 * @param step t, from 1 on
 */
public record AdamStep(
    double learningRate,
    double beta1,
    double beta2,
    double eps,
    double weightDecay,
    boolean decoupled,
    long step)
    implements Op {
  public AdamStep {
    if (step < 1) {
      throw new IllegalArgumentException("Adam counts steps from 1, but was given " + step);
    }
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, 4, in);
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
    float[] m = in[2].hostFloats();
    float[] v = in[3].hostFloats();
    int po = in[0].hostOffset();
    int go = in[1].hostOffset();
    int mo = in[2].hostOffset();
    int vo = in[3].hostOffset();
    float keep = decoupled ? (float) (1 - learningRate * weightDecay) : 1f;
    float l2 = decoupled ? 0f : (float) weightDecay;
    float b1 = (float) beta1;
    float b2 = (float) beta2;
    float c1 = (float) (1 - beta1);
    float c2 = (float) (1 - beta2);
    float size = (float) (learningRate / (1 - Math.pow(beta1, step)));
    float root = (float) Math.sqrt(1 - Math.pow(beta2, step));
    float e = (float) eps;
    cpu.parallel()
        .range(
            in[0].size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                float w = p[po + i] * keep;
                float gi = g[go + i] + l2 * w;
                float mi = b1 * m[mo + i] + c1 * gi;
                float vi = b2 * v[vo + i] + c2 * gi * gi;
                m[mo + i] = mi;
                v[vo + i] = vi;
                p[po + i] = w - size * mi / ((float) Math.sqrt(vi) / root + e);
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
