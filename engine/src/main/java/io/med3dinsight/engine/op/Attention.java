package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.AttentionBackward;
import io.med3dinsight.engine.cpu.AttentionForward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaAttention;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;

/**
 * Scaled dot-product attention (Vaswani et al., 2017, section 3.2.1): {@code y = softmax(scale q
 * k^T + bias) v}, with q [..., T, D], k [..., S, D], v [..., S, V] of the same leading axes (batch,
 * heads), y [..., T, V]; T queries, S keys. Scores are computed a block of queries at a time and
 * never stored; the second output, [..., T], is the logarithm of each query's sum, for the
 * gradient.
 *
 * @param bias whether a bias is the fourth input: F32, [..., T or 1, S], leading axes broadcast
 * @param mask whether a mask is the last input: I32, [..., T or 1, S], leading axes broadcast, 0
 *     where a key may not be seen; a query that may see no key gets zeros
 */
public record Attention(float scale, boolean bias, boolean mask) implements Op {
  /** Attention with scale {@code 1 / sqrt(D)}. */
  public static Tensor of(Tensor q, Tensor k, Tensor v) {
    return of(q, k, v, null, null);
  }

  /**
   * Attention with scale {@code 1 / sqrt(D)}.
   *
   * @param bias added to the scores, or null
   * @param mask 0 where a key may not be seen, or null
   */
  public static Tensor of(Tensor q, Tensor k, Tensor v, Tensor bias, Tensor mask) {
    float scale = (float) (1 / Math.sqrt(Math.max(1, q.dim(-1))));
    Tensor[] in = {q, k, v, bias, mask};
    if (bias == null) {
      in[3] = mask;
    }
    int count = 3 + (bias == null ? 0 : 1) + (mask == null ? 0 : 1);
    return Eager.run(new Attention(scale, bias != null, mask != null), Arrays.copyOf(in, count))[0];
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Shape q = in[0].shape();
    Shape k = in[1].shape();
    Shape v = in[2].shape();
    int r = q.rank();
    boolean fits = r >= 2 && k.rank() == r && v.rank() == r;
    for (int i = 0; fits && i < r - 2; i++) {
      fits = q.dim(i) == k.dim(i) && q.dim(i) == v.dim(i);
    }
    if (!fits || q.dim(-1) != k.dim(-1) || k.dim(-2) != v.dim(-2)) {
      throw mismatch("q [..., T, D], k [..., S, D] and v [..., S, V] with equal leading axes", in);
    }
    Shape scores = q.with(-1, k.dim(-2));
    for (int i = 3; i < in.length; i++) {
      Shape b = in[i].shape();
      boolean wide = b.rank() >= 2 && b.rank() <= r && b.dim(-1) == scores.dim(-1);
      if (!wide || !Shape.broadcast(b, scores).equals(scores)) {
        throw mismatch(
            "bias and mask of a shape [..., T or 1, S] that broadcasts to " + scores, in);
      }
    }
    if (mask && in[in.length - 1].dtype() != DType.I32) {
      throw mismatch("a mask of type I32", in);
    }
    int[] sums = Arrays.copyOf(q.toArray(), r - 1);
    return new TensorType[] {
      new TensorType(in[0].dtype(), q.with(-1, v.dim(-1))), TensorType.f32(Shape.of(sums))
    };
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    AttentionForward.run(cpu, in, bias, mask, scale, out[0], out[1]);
  }

  @Override
  public Precision precision() {
    return Precision.PRODUCT;
  }

  @Override
  public int singles() {
    return bias ? 1 << 3 : 0;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    CudaAttention.forward(cuda, in, bias, mask, scale, out[0], out[1]);
  }

  @Override
  public Saved saved() {
    int inputs = 3 + (bias ? 1 : 0) + (mask ? 1 : 0);
    return new Saved((1 << inputs) - 1, 3);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    int inputs = 3 + (bias ? 1 : 0) + (mask ? 1 : 0);
    Tensor[] in = new Tensor[inputs + 3];
    for (int i = 0; i < inputs; i++) {
      in[i] = b.input(i);
    }
    in[inputs] = b.output(0);
    in[inputs + 1] = b.output(1);
    in[inputs + 2] = b.grad();
    boolean biasGradient = bias && b.needs(3);
    Tensor[] g = Eager.run(new Derivative(scale, bias, mask, biasGradient), in);
    return Arrays.copyOf(g, inputs);
  }

  /**
   * Gradients with respect to q, k, v and, if asked for, the bias; of the inputs, both outputs and
   * the incoming gradient.
   */
  public record Derivative(float scale, boolean bias, boolean mask, boolean biasGradient)
      implements GradientOp {
    @Override
    public TensorType[] infer(TensorType... in) {
      return Arrays.copyOf(in, biasGradient ? 4 : 3);
    }

    @Override
    public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
      AttentionBackward.run(cpu, in, bias, mask, scale, out);
    }

    @Override
    public Precision precision() {
      return Precision.PRODUCT;
    }

    @Override
    public int singles() {
      int logSum = 4 + (bias ? 1 : 0) + (mask ? 1 : 0);
      return (bias ? 1 << 3 : 0) | 1 << logSum;
    }

    @Override
    public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
      CudaAttention.backward(cuda, in, bias, mask, scale, out);
    }
  }
}
