package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaSteps;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * One step of stochastic gradient descent, in place, of any number of parameters, as PyTorch does
 * it:
 *
 * <pre>
 * g = clip g + wd p;   v = mu v + g;   p = p - lr (g + mu v) with Nesterov, p = p - lr v without
 * </pre>
 *
 * <p>Inputs: learning rate lr [1] and clip [] (see {@link ClipFactor}), in tensors so that a
 * captured step can be replayed with other values; then for each parameter p, its gradient g (read
 * only) and, unless mu = 0, its velocity v, of one shape; velocities start at zero.
 *
 * @param momentum mu
 * @param nesterov whether to look ahead
 * @param weightDecay wd
 */
public record SgdStep(double momentum, boolean nesterov, double weightDecay) implements Op {
  /** Tensors that each parameter takes. */
  private int width() {
    return momentum == 0 ? 2 : 3;
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.check(this, 1, width(), in);
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float lr = in[0].item();
    float clip = in[1].item();
    for (int i = 2; i < in.length && !Float.isNaN(clip); i += width()) {
      one(cpu, lr, clip, in[i], in[i + 1], momentum == 0 ? null : in[i + 2]);
    }
  }

  private void one(CpuBackend cpu, float lr, float clip, Tensor tp, Tensor tg, Tensor tv) {
    float[] p = tp.hostFloats();
    float[] g = tg.hostFloats();
    int po = tp.hostOffset();
    int go = tg.hostOffset();
    float wd = (float) weightDecay;
    float mu = (float) momentum;
    float[] v = tv == null ? null : tv.hostFloats();
    int vo = tv == null ? 0 : tv.hostOffset();
    cpu.parallel()
        .range(
            tp.size(),
            Steps.GRAIN,
            (from, to) -> {
              for (int i = from; i < to; i++) {
                float d = g[go + i] * clip + wd * p[po + i];
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
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    boolean plain = momentum == 0;
    CudaSteps.run(
        cuda,
        in,
        2,
        width(),
        block ->
            cuda.kernel(plain ? "step_sgd_f32" : "step_momentum_f32").buffer(in[0]).buffer(in[1]),
        launch -> {
          if (!plain) {
            launch.f32((float) momentum).i32(nesterov ? 1 : 0);
          }
          launch.f32((float) weightDecay);
        });
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
