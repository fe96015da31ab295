package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Mlp;

/**
 * Pre-norm transformer block whose attention stays within windows (Liu et al. 2021): {@code x +
 * attention(norm1(x))}, then {@code x + mlp(norm2(x))}; x [N,D,H,W,C].
 */
final class SwinBlock extends Module {
  private final LayerNorm norm1;
  private final WindowAttention attention;
  private final LayerNorm norm2;
  private final Mlp mlp;
  private final StochasticDepth drop;

  /**
   * @param names of the MLP's layers
   */
  SwinBlock(Setup setup, WindowAttention.Spec spec, String[] names, StochasticDepth drop) {
    super(setup);
    this.drop = drop;
    norm1 = register("norm1", new LayerNorm(setup, spec.width()));
    attention = register("attn", new WindowAttention(setup, spec));
    norm2 = register("norm2", new LayerNorm(setup, spec.width()));
    mlp = register("mlp", Published.mlp(setup, spec.width(), 4 * spec.width(), names[0], names[1]));
  }

  /** Self-attention. */
  Tensor call(Tensor x, Windows windows, Tensor mask) {
    return Scope.tidy(
        () -> {
          Tensor seen = attention.call(windows.enter(norm1.call(x)), windows, mask);
          return rest(x, windows.leave(seen));
        });
  }

  /**
   * nnFormer's skip attention: what was upsampled looks at the encoder's features of that level;
   * the sum of both is the residual.
   */
  Tensor callSkip(Tensor x, Tensor skip, Tensor up, Windows windows, Tensor mask) {
    return Scope.tidy(
        () -> {
          Tensor keys = windows.enter(norm1.call(skip));
          Tensor queries = windows.enter(norm1.call(up));
          return rest(x, windows.leave(attention.call(queries, keys, windows, mask)));
        });
  }

  private Tensor rest(Tensor x, Tensor attended) {
    Tensor y = x.add(drop.apply(attended, training()));
    return y.add(drop.apply(mlp.call(norm2.call(y)), training()));
  }
}
