package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Embedding;
import io.med3dinsight.engine.op.Gather;
import io.med3dinsight.engine.op.ScatterAdd;
import io.med3dinsight.engine.tensor.Tensor;

/** Picking elements by index, and adding them to where an index says. */
public final class Indexing {
  private Indexing() {}

  /** Rows [...,C] of a table [V,C], picked by ids [...] in [0, V). */
  public static Tensor embedding(Tensor table, Tensor ids) {
    return Eager.run1(new Embedding(), table, ids);
  }

  /**
   * {@code y[..., k, ...] = x[..., index[..., k, ...], ...]} along {@code axis}; PyTorch's {@code
   * gather}.
   *
   * @param index I32, of the shape of x but along the axis, entries in [0, extent of x)
   */
  public static Tensor gather(Tensor x, int axis, Tensor index) {
    return Eager.run1(new Gather(axis), x, index);
  }

  /**
   * {@code x} with {@code values[..., k, ...]} added at {@code [..., index[..., k, ...], ...]}
   * along {@code axis}, in the order of k; PyTorch's {@code scatter_add}, but the same bits every
   * time.
   *
   * @param index I32, of the shape of {@code values}, which is that of x but along the axis
   */
  public static Tensor scatterAdd(Tensor x, int axis, Tensor index, Tensor values) {
    return x.add(Eager.run1(new ScatterAdd(axis, x.dim(axis)), values, index));
  }
}
