package io.med3dinsight.nn.block;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Mlp;
import io.med3dinsight.nn.layer.MultiHeadAttention;

/**
 * Pre-norm transformer encoder block: {@code x + attention(norm(x))}, then {@code x +
 * mlp(norm(x))}; x [B,T,C]. Names as in timm's vision transformer, but for queries, keys and
 * values, which are separate.
 */
public final class TransformerBlock extends Module {
  private final LayerNorm norm1;
  private final MultiHeadAttention attention;
  private final LayerNorm norm2;
  private final Mlp mlp;

  /**
   * @param hidden width within the MLP, usually 4 times {@code width}
   */
  public TransformerBlock(Setup setup, int width, int heads, int hidden) {
    super(setup);
    norm1 = register("norm1", new LayerNorm(setup, width));
    attention = register("attn", new MultiHeadAttention(setup, width, heads));
    norm2 = register("norm2", new LayerNorm(setup, width));
    mlp = register("mlp", new Mlp(setup, width, hidden));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return compute(x, null);
  }

  /** With a bias on the attention, see {@link MultiHeadAttention}. */
  public Tensor call(Tensor x, Tensor bias) {
    return Scope.tidy(() -> compute(x, bias));
  }

  private Tensor compute(Tensor x, Tensor bias) {
    Tensor n = norm1.call(x);
    Tensor y = x.add(attention.call(n, n, bias, null));
    return y.add(mlp.call(norm2.call(y)));
  }
}
