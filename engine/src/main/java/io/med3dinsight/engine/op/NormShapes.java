package io.med3dinsight.engine.op;

import io.med3dinsight.engine.cpu.ChannelNorm;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaChannelNorm;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.TensorType;

/** Shape rules that the normalisations of channels-last data have in common. */
final class NormShapes {
  private NormShapes() {}

  /**
   * Checks {@code x [N,...,C]} against per-channel values, each [C], from input {@code first} on.
   */
  static void check(Op op, int first, TensorType... in) {
    Shape x = in[0].shape();
    if (x.rank() < 2 || x.dim(-1) < 1) {
      throw op.mismatch("activations [N,...,C] with at least one channel", in);
    }
    for (int i = first; i < in.length; i++) {
      if (!in[i].shape().equals(Shape.of(x.dim(-1)))) {
        throw op.mismatch("one value per channel, [" + x.dim(-1) + "], in input " + i, in);
      }
    }
  }

  /** Slopes above 1 would make the leaky ReLU something else than the larger of z and slope * z. */
  static void checkSlope(float slope) {
    if (!(slope >= 0 && slope <= 1)) {
      throw new IllegalArgumentException(
          "the slope of a leaky ReLU must be in [0, 1], but was " + slope);
    }
  }

  /** Voxels D*H*W of one instance. */
  static int voxels(Shape x) {
    return x.product(1, x.rank() - 1);
  }

  /** Statistics per instance. */
  static ChannelNorm perInstance(CpuBackend cpu, Shape x) {
    return new ChannelNorm(cpu, x.dim(0), voxels(x), x.dim(-1));
  }

  /** Statistics over the whole batch. */
  static ChannelNorm overBatch(CpuBackend cpu, Shape x) {
    return new ChannelNorm(cpu, 1, x.dim(0) * voxels(x), x.dim(-1));
  }

  /** Statistics per instance. */
  static CudaChannelNorm perInstance(CudaBackend cuda, Shape x, int groups) {
    return new CudaChannelNorm(cuda, x.dim(0), voxels(x), x.dim(-1), groups);
  }

  /** Statistics over the whole batch. */
  static CudaChannelNorm overBatch(CudaBackend cuda, Shape x) {
    return new CudaChannelNorm(cuda, 1, x.dim(0) * voxels(x), x.dim(-1), x.dim(-1));
  }
}
