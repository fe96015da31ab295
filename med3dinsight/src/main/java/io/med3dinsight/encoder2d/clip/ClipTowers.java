package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.engine.function.Indexing;
import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Embedding;
import io.med3dinsight.nn.layer.LayerNorm;
import java.util.List;
import java.util.Map;

/**
 * CLIP (Radford et al. 2021, arXiv 2103.00020): a vision transformer read at its class token, and a
 * causal transformer read at the end of the text. Names of OpenAI's code and open_clip.
 */
final class ClipTowers extends DualEncoder {
  private final Vision visual;
  private final Tensor positions;
  private final Tensor projection;
  private final Embedding tokens;
  private final List<Blocks.PreNorm> blocks;
  private final LayerNorm norm;

  ClipTowers(Setup setup, ClipConfig config) {
    super(setup);
    TowerShape text = config.text();
    positions = parameter("positional_embedding", Init.zeros(), config.positions(), text.width());
    projection = parameter("text_projection", Init.zeros(), text.width(), config.width());
    visual = register("visual", new Vision(setup, config));
    blocks = Blocks.preNorm(setup, text, Blocks.Names.CLIP);
    register("transformer", new Group(setup, Map.of("resblocks", Group.numbered(setup, blocks))));
    tokens =
        register(
            "token_embedding",
            new Embedding(setup, config.vocabulary(), text.width(), Init.zeros()));
    norm = register("ln_final", new LayerNorm(setup, text.width(), text.epsilon()));
  }

  @Override
  Tensor images(Tensor patches) {
    return visual.call(patches);
  }

  @Override
  Tensor texts(int[][] ids, int padding) {
    return Scope.tidy(
        () -> {
          int b = ids.length;
          int t = ids[0].length;
          Tensor x =
              tokens.call(Tensor.of(device(), flat(ids), b, t)).add(positions.slice(0, 0, t));
          Tensor mask = Tensor.of(device(), causal(t), t, t);
          for (Blocks.PreNorm block : blocks) {
            x = block.call(x, mask);
          }
          int[] ends = new int[b];
          for (int i = 0; i < b; i++) {
            ends[i] = i * t + end(ids[i]);
          }
          Tensor last = Tensor.of(device(), ends, b);
          Tensor read = Indexing.embedding(x.reshape(b * t, x.dim(2)), last);
          return MatMul.of(norm.call(read), projection);
        });
  }

  /** Where the end mark stands, which has the highest id. */
  private static int end(int[] ids) {
    int best = 0;
    for (int i = 1; i < ids.length; i++) {
      best = ids[i] > ids[best] ? i : best;
    }
    return best;
  }

  private static int[] causal(int t) {
    int[] mask = new int[t * t];
    for (int q = 0; q < t; q++) {
      for (int k = 0; k <= q; k++) {
        mask[q * t + k] = 1;
      }
    }
    return mask;
  }

  private static final class Vision extends Module {
    private final Tensor token;
    private final Tensor positions;
    private final Tensor projection;
    private final Patches patches;
    private final LayerNorm before;
    private final List<Blocks.PreNorm> blocks;
    private final LayerNorm after;

    Vision(Setup setup, ClipConfig config) {
      super(setup);
      TowerShape s = config.vision();
      token = parameter("class_embedding", Init.zeros(), s.width());
      positions = parameter("positional_embedding", Init.zeros(), 1 + config.patches(), s.width());
      projection = parameter("proj", Init.zeros(), s.width(), config.width());
      patches = register("conv1", new Patches(setup, s.width(), config.patch(), false));
      before = register("ln_pre", new LayerNorm(setup, s.width(), s.epsilon()));
      blocks = Blocks.preNorm(setup, s, Blocks.Names.CLIP);
      register("transformer", new Group(setup, Map.of("resblocks", Group.numbered(setup, blocks))));
      after = register("ln_post", new LayerNorm(setup, s.width(), s.epsilon()));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor y = before.call(withClass(token, patches.call(x)).add(positions));
      for (Blocks.PreNorm block : blocks) {
        y = block.call(y, null);
      }
      Tensor first = y.slice(1, 0, 1).reshape(y.dim(0), y.dim(2));
      return MatMul.of(after.call(first), projection);
    }
  }
}
