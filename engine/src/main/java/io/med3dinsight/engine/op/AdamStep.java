package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaSteps;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * One step of Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2019), in place, of any
 * number of parameters, with PyTorch's order of operations:
 *
 * <pre>
 * g = clip g;   decoupled: p = p (1 - lr wd);   otherwise: g = g + wd p
 * m = b1 m + (1 - b1) g;   v = b2 v + (1 - b2) g^2
 * p = p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 * </pre>
 *
 * <p>Inputs: {@link #values} [3] of this step; clip [], see {@link ClipFactor}; then for each
 * parameter p, its gradient g (read only), first moment m and second moment v, of one shape;
 * moments start at zero. What changes from step to step is in tensors rather than in the record, so
 * that a captured step can be replayed with other values.
 *
 * @param beta1 b1
 * @param beta2 b2
 * @param eps added to the denominator
 * @param weightDecay wd
 * @param decoupled AdamW if true, L2 regularisation in the gradient if false
 */
public record AdamStep(
    double beta1, double beta2, double eps, double weightDecay, boolean decoupled) implements Op {
  /** How many {@link #values} a step has. */
  public static final int VALUES = 3;

  /**
   * What the first input holds in step {@code step}, counted from 1: {@code 1 - lr wd} (1 if not
   * decoupled), {@code lr / (1 - b1^t)} and {@code sqrt(1 - b2^t)}.
   */
  public float[] values(double learningRate, long step) {
    if (step < 1) {
      throw new IllegalArgumentException("Adam counts steps from 1, but was given " + step);
    }
    return new float[] {
      decoupled ? (float) (1 - learningRate * weightDecay) : 1f,
      (float) (learningRate / (1 - Math.pow(beta1, step))),
      (float) Math.sqrt(1 - Math.pow(beta2, step))
    };
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, VALUES, 4, in);
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] values = in[0].toFloats();
    float clip = in[1].item();
    for (int i = 2; i < in.length && !Float.isNaN(clip); i += 4) {
      one(cpu, values, clip, in[i], in[i + 1], in[i + 2], in[i + 3]);
    }
  }

  private void one(
      CpuBackend cpu, float[] values, float clip, Tensor tp, Tensor tg, Tensor tm, Tensor tv) {
    float[] p = tp.hostFloats();
    float[] g = tg.hostFloats();
    float[] m = tm.hostFloats();
    float[] v = tv.hostFloats();
    int po = tp.hostOffset();
    int go = tg.hostOffset();
    int mo = tm.hostOffset();
    int vo = tv.hostOffset();
    float keep = values[0];
    float size = values[1];
    float root = values[2];
    float l2 = l2();
    float b1 = (float) beta1;
    float b2 = (float) beta2;
    float c1 = (float) (1 - beta1);
    float c2 = (float) (1 - beta2);
    float e = (float) eps;
    cpu.parallel()
        .range(
            tp.size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                float w = p[po + i] * keep;
                float gi = g[go + i] * clip + l2 * w;
                float mi = b1 * m[mo + i] + c1 * gi;
                float vi = b2 * v[vo + i] + c2 * gi * gi;
                m[mo + i] = mi;
                v[vo + i] = vi;
                p[po + i] = w - size * mi / ((float) Math.sqrt(vi) / root + e);
              }
            });
  }

  private float l2() {
    return decoupled ? 0f : (float) weightDecay;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaSteps.run(
        cuda,
        in,
        2,
        4,
        block -> cuda.kernel("step_adam_f32").buffer(in[0]).buffer(in[1]),
        launch ->
            launch
                .f32((float) beta1)
                .f32((float) beta2)
                .f32((float) (1 - beta1))
                .f32((float) (1 - beta2))
                .f32((float) eps)
                .f32(l2()));
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
