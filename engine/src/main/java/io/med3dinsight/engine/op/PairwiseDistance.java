package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaTransport;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Euclidean distances {@code d_ij = |u_i - v_j|}: u [P,B1,E], v [P,B2,E] to [P,B1,B2]; P problems,
 * E embedding. Computed from differences, not from scalar products, so that small distances keep
 * their digits; the gradient of a distance of zero is zero.
 */
public record PairwiseDistance() implements Op {
  @Override
  public TensorType[] infer(TensorType... in) {
    Shape u = in[0].shape();
    Shape v = in[1].shape();
    if (u.rank() != 3 || v.rank() != 3 || u.dim(0) != v.dim(0) || u.dim(2) != v.dim(2)) {
      throw mismatch("u [P,B1,E] and v [P,B2,E]", in);
    }
    return new TensorType[] {TensorType.f32(u.dim(0), u.dim(1), v.dim(1))};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int rows = in[0].dim(1);
    int columns = in[1].dim(1);
    int e = in[0].dim(2);
    float[] u = in[0].hostFloats();
    float[] v = in[1].hostFloats();
    float[] d = out[0].hostFloats();
    cpu.parallel()
        .range(
            in[0].dim(0) * rows,
            1 + (1 << 15) / Math.max(1, columns * e),
            (from, to) -> {
              for (int r = from; r < to; r++) {
                int ui = in[0].hostOffset() + r * e;
                for (int j = 0; j < columns; j++) {
                  int vj = in[1].hostOffset() + (r / rows * columns + j) * e;
                  d[out[0].hostOffset() + r * columns + j] =
                      (float) Math.sqrt(squared(u, ui, v, vj, e));
                }
              }
            });
  }

  /** Four sums, which spare the chain of dependent additions. */
  private static double squared(float[] u, int ui, float[] v, int vj, int e) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 4 <= e; i += 4) {
      double d0 = u[ui + i] - v[vj + i];
      double d1 = u[ui + i + 1] - v[vj + i + 1];
      double d2 = u[ui + i + 2] - v[vj + i + 2];
      double d3 = u[ui + i + 3] - v[vj + i + 3];
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    for (; i < e; i++) {
      double d = u[ui + i] - v[vj + i];
      s0 += d * d;
    }
    return s0 + s1 + (s2 + s3);
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaTransport.distance(cuda, in[0], in[1], out[0]);
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1).andOutputs(0);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor g = b.grad();
    Tensor d = b.output(0);
    Tensor[] out = new Tensor[2];
    if (b.needs(0)) {
      out[0] = Eager.run1(new PairwiseDistanceGrad(false), g, d, b.input(0), b.input(1));
    }
    if (b.needs(1)) {
      out[1] = Eager.run1(new PairwiseDistanceGrad(true), g, d, b.input(1), b.input(0));
    }
    return out;
  }
}
