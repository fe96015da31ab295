package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaSteps;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Exponential moving average, in place: {@code average += part * (value - average)}, {@code part =
 * 1 - decay}. Inputs part [1], in a tensor so that a captured step can be replayed with another
 * one, then average and value, for any number of them.
 */
public record EmaUpdate() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Steps.checkTuples(this, 1, 2, in);
    return new TensorType[0];
  }

  @Override
  public Precision precision() {
    return Precision.EXACT;
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float part = in[0].item();
    for (int i = 1; i < in.length; i += 2) {
      EmaStep.average(cpu, part, in[i], in[i + 1]);
    }
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaSteps.run(cuda, in, 1, 2, block -> cuda.kernel("step_ema_f32").buffer(in[0]), launch -> {});
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
