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
 * Group normalisation with leaky ReLU: {@code y = leaky((x - mean) / sqrt(var + eps) * gamma +
 * beta)}, statistics over the voxels and the neighbouring channels of one group, for each instance
 * (Wu and He 2018). The variance is the biased one.
 *
 * <p>Inputs x [N,...,C], gamma [C], beta [C]; outputs y, mean [N,G], 1 / sqrt(var + eps) [N,G]. The
 * gradient needs x and the statistics only: the sign in front of the leaky ReLU is found again from
 * them.
 *
 * @param groups G, a divisor of C; G = C is instance normalisation
 * @param eps added to the variance
 * @param slope of the leaky ReLU for negative values, in [0, 1]; 1 for none
 */
public record GroupNorm(int groups, float eps, float slope) implements Op {
  public GroupNorm {
    NormShapes.checkSlope(slope);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    NormShapes.check(this, 1, in);
    Shape x = in[0].shape();
    if (groups < 1 || x.dim(-1) % groups != 0) {
      throw mismatch("a number of channels divisible by the number of groups", in);
    }
    if (NormShapes.voxels(x) * (x.dim(-1) / groups) == 1) {
      throw mismatch(
          "more than one value behind each mean (a single one always normalises to zero; use a"
              + " larger patch or fewer stages)",
          in);
    }
    TensorType statistics = TensorType.f32(x.dim(0), groups);
    return new TensorType[] {in[0], statistics, statistics};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    ChannelNorm norm = NormShapes.perInstance(cpu, in[0].shape());
    norm.moments(in[0], groups).write(out[1], out[2], eps);
    norm.forward(in[0], in[1], in[2], out[1], out[2], groups, slope, out[0]);
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
    CudaChannelNorm norm = NormShapes.perInstance(cuda, in[0].shape(), groups);
    norm.statistics(in[0], out[1], out[2], null, eps);
    norm.forward(in[0], in[1], in[2], out[1], out[2], slope, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1, 2).andOutputs(1, 2);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return Eager.run(
        new GroupNormGrad(groups, slope),
        b.input(0),
        b.grad(),
        b.input(1),
        b.input(2),
        b.output(1),
        b.output(2));
  }
}
