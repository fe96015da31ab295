package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaChannelNorm;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Normalisation by given statistics, with leaky ReLU: {@code y = leaky((x - mean) / sqrt(var + eps)
 * * gamma + beta)}; batch norm as in inference. No gradient flows into the statistics.
 *
 * <p>Inputs x [N,...,C], gamma [C], beta [C], mean [C], var [C]; outputs y, 1 / sqrt(var + eps)
 * [C].
 *
 * @param eps added to the variance
 * @param slope of the leaky ReLU for negative values, in [0, 1]; 1 for none
 */
public record BatchNormInference(float eps, float slope) implements Op {
  public BatchNormInference {
    NormShapes.checkSlope(slope);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    NormShapes.check(this, 1, in);
    return new TensorType[] {in[0], in[4]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int channels = in[0].dim(-1);
    float[] variance = in[4].hostFloats();
    float[] rstd = out[1].hostFloats();
    for (int c = 0; c < channels; c++) {
      double v = variance[in[4].hostOffset() + c] + (double) eps;
      rstd[out[1].hostOffset() + c] = (float) (1 / Math.sqrt(v));
    }
    NormShapes.overBatch(cpu, in[0].shape())
        .forward(in[0], in[1], in[2], in[3], out[1], channels, slope, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public int singles() {
    return 0b11110;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaChannelNorm norm = NormShapes.overBatch(cuda, in[0].shape());
    norm.rstd(in[4], out[1], eps);
    norm.forward(in[0], in[1], in[2], in[3], out[1], slope, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1, 2, 3).andOutputs(1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor[] g =
        Eager.run(
            new BatchNormGrad(true, slope),
            b.input(0),
            b.grad(),
            b.input(1),
            b.input(2),
            b.input(3),
            b.output(1));
    return new Tensor[] {g[0], g[1], g[2], null, null};
  }
}
