package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Philox;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaRandom;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Sets elements to 0 with probability p and scales the others by 1 / (1 - p) (Srivastava et al.
 * 2014). Element i draws number {@code position + i} of the stream with this seed, so that the
 * gradient, which is the same op on the incoming gradient, needs no mask.
 *
 * @param p in [0, 1)
 * @param seed of the random stream
 * @param position of the first element's number in the stream
 */
public record Dropout(float p, long seed, long position) implements Op {
  private static final int GRAIN = 1 << 14;

  public Dropout {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException(
          "Dropout probability must be in [0, 1), but was " + p + ".");
    }
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    return new TensorType[] {in[0]};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    float[] x = in[0].hostFloats();
    float[] y = out[0].hostFloats();
    int xo = in[0].hostOffset();
    int yo = out[0].hostOffset();
    float scale = 1 / (1 - p);
    cpu.parallel()
        .range(
            in[0].size(),
            GRAIN,
            (from, to) -> {
              int[] bits = new int[4];
              for (int i = from; i < to; i++) {
                long number = position + i;
                if (i == from || (number & 3) == 0) {
                  Philox.block(seed, number >>> 2, bits);
                }
                boolean keep = Philox.uniform(bits[(int) (number & 3)]) >= p;
                y[yo + i] = keep ? x[xo + i] * scale : 0f;
              }
            });
  }

  @Override
  public Long stream() {
    return seed;
  }

  @Override
  public Precision precision() {
    return Precision.STORAGE;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaRandom.dropout(cuda, in[0], p, 1 / (1 - p), seed, position, out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    return new Tensor[] {Eager.run1(this, b.grad())};
  }
}
