package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.engine.op.Attention;
import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import java.util.Map;

/**
 * BERT's post-norm block: {@code norm(x + attention(x))}, then {@code norm(x + mlp(x))}; x [B,T,C].
 */
final class BertLayer extends Module {
  private final int heads;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear attended;
  private final LayerNorm attendedNorm;
  private final Linear first;
  private final Linear second;
  private final LayerNorm norm;

  BertLayer(Setup setup, TowerShape shape) {
    super(setup);
    int c = shape.width();
    heads = shape.heads();
    query = Blocks.linear(setup, c, c, true);
    key = Blocks.linear(setup, c, c, true);
    value = Blocks.linear(setup, c, c, true);
    attended = Blocks.linear(setup, c, c, true);
    attendedNorm = new LayerNorm(setup, c, shape.epsilon());
    first = Blocks.linear(setup, c, shape.hidden(), true);
    second = Blocks.linear(setup, shape.hidden(), c, true);
    norm = new LayerNorm(setup, c, shape.epsilon());
    Group self = new Group(setup, Map.of("query", query, "key", key, "value", value));
    Group out = new Group(setup, Map.of("dense", attended, "LayerNorm", attendedNorm));
    register("attention", new Group(setup, Map.of("self", self, "output", out)));
    register("intermediate", new Group(setup, Map.of("dense", first)));
    register("output", new Group(setup, Map.of("dense", second, "LayerNorm", norm)));
  }

  /**
   * @param mask I32 [B,1,1,T], 0 for padding
   */
  Tensor call(Tensor x, Tensor mask) {
    return Scope.tidy(
        () -> {
          Tensor q = Blocks.split(query.call(x), heads);
          Tensor k = Blocks.split(key.call(x), heads);
          Tensor v = Blocks.split(value.call(x), heads);
          Tensor a = Blocks.joined(Attention.of(q, k, v, null, mask));
          Tensor y = attendedNorm.call(x.add(attended.call(a)));
          return norm.call(y.add(second.call(Gelu.of(first.call(y)))));
        });
  }
}
