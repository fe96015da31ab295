package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Embedding;
import io.med3dinsight.engine.tensor.Tensor;

/** Picking elements by index. */
public final class Indexing {
  private Indexing() {}

  /** Rows [...,C] of a table [V,C], picked by ids [...] in [0, V). */
  public static Tensor embedding(Tensor table, Tensor ids) {
    return Eager.run1(new Embedding(), table, ids);
  }
}
