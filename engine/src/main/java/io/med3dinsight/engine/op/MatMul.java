package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.BatchedGemm;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Matrix product {@code y = op(a) op(b)} of the last two axes, {@code op} being the identity or the
 * transpose: a [..., m, k] or, transposed, [..., k, m]; b [..., k, n] or [..., n, k]; y [..., m,
 * n]. The axes before them are broadcast.
 */
public record MatMul(boolean transposeA, boolean transposeB) implements Op {
  /** {@code a b}. */
  public static Tensor of(Tensor a, Tensor b) {
    return Eager.run1(new MatMul(false, false), a, b);
  }

  /** {@code op(a) op(b)}. */
  public static Tensor of(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    return Eager.run1(new MatMul(transposeA, transposeB), a, b);
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    Shape a = in[0].shape();
    Shape b = in[1].shape();
    if (a.rank() < 2 || b.rank() < 2) {
      throw mismatch("two tensors of at least two axes", in);
    }
    if (a.dim(transposeA ? -2 : -1) != b.dim(transposeB ? -1 : -2)) {
      throw mismatch("as many columns on the left as rows on the right", in);
    }
    try {
      int[] e = Shape.broadcast(matrix(a, 1, 1), matrix(b, 1, 1)).toArray();
      e[e.length - 2] = a.dim(transposeA ? -1 : -2);
      e[e.length - 1] = b.dim(transposeB ? -2 : -1);
      return new TensorType[] {new TensorType(in[0].dtype(), Shape.of(e))};
    } catch (ShapeException e) {
      throw mismatch("batch axes that can be broadcast together", in);
    }
  }

  private static Shape matrix(Shape s, int rows, int columns) {
    return s.with(-2, rows).with(-1, columns);
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    BatchedGemm.multiply(cpu, in[0], transposeA, in[1], transposeB, out[0]);
  }

  @Override
  public Precision precision() {
    return Precision.PRODUCT;
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    if (out[0].size() > 0) {
      cuda.matrixProducts().multiply(this, in[0], in[1], out[0]);
    }
  }

  @Override
  public Saved saved() {
    return Saved.inputs(0, 1);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor ga = null;
    Tensor gb = null;
    if (b.needs(0)) {
      Tensor g =
          transposeA
              ? of(b.input(1), transposeB, b.grad(), true)
              : of(b.grad(), false, b.input(1), !transposeB);
      ga = SumTo.shape(g, b.inputType(0).shape());
    }
    if (b.needs(1)) {
      gb = gradientB(b);
    }
    return new Tensor[] {ga, gb};
  }

  private Tensor gradientB(Backward b) {
    Shape shape = b.inputType(1).shape();
    Tensor a = b.input(0);
    Tensor g = b.grad();
    if (!transposeA && shape.product(0, shape.rank() - 2) == 1 && g.size() > 0 && a.size() > 0) {
      // One matrix for the whole batch: the sum over the batch is part of the product's own sum.
      a = a.reshape(-1, a.dim(-1));
      g = g.reshape(-1, g.dim(-1));
      return (transposeB ? of(g, true, a, false) : of(a, true, g, false)).reshape(shape.toArray());
    }
    Tensor full = transposeB ? of(g, true, a, transposeA) : of(a, !transposeA, g, false);
    return SumTo.shape(full, shape);
  }
}
