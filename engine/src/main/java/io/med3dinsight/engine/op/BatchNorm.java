package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.ChannelNorm;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaChannelNorm;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Batch normalisation as in training, with leaky ReLU: {@code y = leaky((x - mean) / sqrt(var +
 * eps) * gamma + beta)}, statistics of each channel over batch and voxels (Ioffe and Szegedy 2015).
 * The variance is the biased one; the last output is the unbiased one, which the running statistics
 * take in, as in PyTorch.
 *
 * <p>Inputs x [N,...,C], gamma [C], beta [C]; outputs y, mean [C], 1 / sqrt(var + eps) [C],
 * unbiased variance [C].
 *
 * @param eps added to the variance
 * @param slope of the leaky ReLU for negative values, in [0, 1]; 1 for none
 */
public record BatchNorm(float eps, float slope) implements Op {
  public BatchNorm {
    NormShapes.checkSlope(slope);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    NormShapes.check(this, 1, in);
    Shape x = in[0].shape();
    if (x.dim(0) * NormShapes.voxels(x) < 2) {
      throw mismatch(
          "more than one value per channel in training (use a larger batch or patch)", in);
    }
    TensorType statistics = TensorType.f32(x.dim(-1));
    return new TensorType[] {in[0], statistics, statistics, statistics};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int channels = in[0].dim(-1);
    ChannelNorm norm = NormShapes.overBatch(cpu, in[0].shape());
    ChannelNorm.Moments m = norm.moments(in[0], channels);
    m.write(out[1], out[2], eps);
    float[] variance = out[3].hostFloats();
    for (int c = 0; c < channels; c++) {
      variance[out[3].hostOffset() + c] = (float) (m.squares()[c] / (m.count() - 1));
    }
    norm.forward(in[0], in[1], in[2], out[1], out[2], channels, slope, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public int singles() {
    return 0b110;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaChannelNorm norm = NormShapes.overBatch(cuda, in[0].shape());
    norm.statistics(in[0], out[1], out[2], out[3], eps);
    norm.forward(in[0], in[1], in[2], out[1], out[2], slope, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1, 2).andOutputs(1, 2);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return Eager.run(
        new BatchNormGrad(false, slope),
        b.input(0),
        b.grad(),
        b.input(1),
        b.input(2),
        b.output(1),
        b.output(2));
  }
}
