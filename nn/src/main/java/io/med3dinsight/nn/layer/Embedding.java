package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.function.Indexing;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * A learned vector for each of {@code count} ids: ids I32 [...], weight [count,width], y
 * [...,width].
 */
public final class Embedding extends Module {
  private final Tensor weight;

  /** Initialised from N(0, 0.02^2), as transformers are. */
  public Embedding(Setup setup, int count, int width) {
    this(setup, count, width, Init.normal(0.02));
  }

  public Embedding(Setup setup, int count, int width, Init init) {
    super(setup);
    weight = parameter("weight", init, count, width);
  }

  @Override
  protected Tensor forward(Tensor ids) {
    return Indexing.embedding(weight, ids);
  }
}
