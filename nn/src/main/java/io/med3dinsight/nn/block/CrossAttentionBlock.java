package io.med3dinsight.nn.block;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Mlp;
import io.med3dinsight.nn.layer.MultiHeadAttention;

/**
 * Pre-norm transformer decoder block: self-attention among the queries, cross-attention from the
 * queries to the context, MLP, each on a residual branch. Queries [B*G,Tq,C], context [B,Tk,Cc]: G
 * groups of queries, often one, look at each context but not at each other.
 */
public final class CrossAttentionBlock extends Module {
  private final LayerNorm norm1;
  private final MultiHeadAttention selfAttention;
  private final LayerNorm norm2;
  private final LayerNorm normContext;
  private final MultiHeadAttention crossAttention;
  private final LayerNorm norm3;
  private final Mlp mlp;

  /**
   * @param hidden width within the MLP, usually 4 times {@code width}
   */
  public CrossAttentionBlock(Setup setup, int width, int contextWidth, int heads, int hidden) {
    super(setup);
    norm1 = register("norm1", new LayerNorm(setup, width));
    selfAttention = register("self_attn", new MultiHeadAttention(setup, width, heads));
    norm2 = register("norm2", new LayerNorm(setup, width));
    normContext = register("norm_context", new LayerNorm(setup, contextWidth));
    crossAttention =
        register("cross_attn", new MultiHeadAttention(setup, width, contextWidth, heads, true));
    norm3 = register("norm3", new LayerNorm(setup, width));
    mlp = register("mlp", new Mlp(setup, width, hidden));
  }

  /**
   * The queries after having looked at each other and at the context.
   *
   * @throws ShapeException when the queries cannot be shared out evenly among the contexts
   */
  public Tensor call(Tensor queries, Tensor context) {
    if (context.dim(0) == 0 || queries.dim(0) % context.dim(0) != 0) {
      throw new ShapeException(
          "A decoder block expects queries [B*G,Tq,C] and context [B,Tk,Cc], but was given "
              + queries.type()
              + " and "
              + context.type());
    }
    return Scope.tidy(
        () -> {
          Tensor n = norm1.call(queries);
          Tensor y = queries.add(selfAttention.call(n));
          Tensor c = normContext.call(context);
          // All groups side by side: keys and values are computed once for each context.
          int[] shape = y.shape().toArray();
          int contexts = c.dim(0);
          Tensor q = norm2.call(y).reshape(contexts, shape[0] / contexts * shape[1], shape[2]);
          y = y.add(crossAttention.call(q, c, null, null).reshape(shape));
          return y.add(mlp.call(norm3.call(y)));
        });
  }
}
