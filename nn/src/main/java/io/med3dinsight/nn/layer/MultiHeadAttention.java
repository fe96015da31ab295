package io.med3dinsight.nn.layer;

import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762): softmax(q k^T /
 * sqrt(d) + bias) v per head, between linear projections. Queries [B,Tq,C], context [B,Tk,Cc], y
 * [B,Tq,C]; B batch, T tokens, C width, d = C / heads.
 */
public final class MultiHeadAttention extends Module {
  private final int heads;
  private final int width;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear projection;

  /** Self-attention, or cross-attention to a context of the same width. */
  public MultiHeadAttention(Setup setup, int width, int heads) {
    this(setup, width, width, heads, true);
  }

  /**
   * @param contextWidth width of the tokens attended to
   * @param qkvBias whether queries, keys and values have a bias
   */
  public MultiHeadAttention(Setup setup, int width, int contextWidth, int heads, boolean qkvBias) {
    super(setup);
    if (heads < 1 || width % heads != 0) {
      throw new IllegalArgumentException(
          "Attention: width " + width + " cannot be divided into " + heads + " heads.");
    }
    this.heads = heads;
    this.width = width;
    Init zero = Init.zeros();
    query =
        register("q", new Linear(setup, width, width, Init.xavierUniform(), qkvBias ? zero : null));
    key =
        register(
            "k",
            new Linear(setup, contextWidth, width, Init.xavierUniform(), qkvBias ? zero : null));
    value =
        register(
            "v",
            new Linear(setup, contextWidth, width, Init.xavierUniform(), qkvBias ? zero : null));
    projection = register("proj", new Linear(setup, width, width, Init.xavierUniform(), zero));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return attend(x, x, null, null);
  }

  /**
   * Cross-attention.
   *
   * @param bias added to the scaled products before the softmax, of a shape that broadcasts to
   *     [B,heads,Tq,Tk] (relative positions), or null
   * @param mask I32 of a shape that broadcasts to [B,heads,Tq,Tk], 0 where a query may not see a
   *     key, or null
   */
  public Tensor call(Tensor x, Tensor context, Tensor bias, Tensor mask) {
    return Scope.tidy(() -> attend(x, context, bias, mask));
  }

  private Tensor attend(Tensor x, Tensor context, Tensor bias, Tensor mask) {
    if (x.rank() != 3 || context.rank() != 3 || x.dim(0) != context.dim(0)) {
      throw new ShapeException(
          "Attention expects queries [B,Tq,C] and context [B,Tk,Cc], but was given "
              + x.type()
              + " and "
              + context.type());
    }
    Tensor y =
        Attention.of(
            split(query.call(x)), split(key.call(context)), split(value.call(context)), bias, mask);
    return projection.call(y.transpose(1, 2).reshape(x.dim(0), x.dim(1), width));
  }

  /** [B,T,C] to [B,heads,T,d]. */
  private Tensor split(Tensor t) {
    return t.reshape(t.dim(0), t.dim(1), heads, width / heads).transpose(1, 2);
  }
}
