package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.layer.Embedding;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * BiomedCLIP (Zhang et al. 2023, arXiv 2303.00915): timm's vision transformer with a linear layer,
 * and PubMedBERT read at its first token with two linear layers. Names of open_clip.
 */
final class BiomedClipTowers extends DualEncoder {
  private final Trunk trunk;
  private final Linear head;
  private final Bert bert;
  private final Linear first;
  private final Linear second;

  BiomedClipTowers(Setup setup, ClipConfig config) {
    super(setup);
    int e = config.width();
    trunk = new Trunk(setup, config);
    head = Blocks.linear(setup, config.vision().width(), e, false);
    Group heads = new Group(setup, Map.of("proj", head));
    register("visual", new Group(setup, Map.of("trunk", trunk, "head", heads)));
    int width = config.text().width();
    int middle = (width + e) / 2;
    bert = new Bert(setup, config);
    first = Blocks.linear(setup, width, middle, false);
    second = Blocks.linear(setup, middle, e, false);
    Group proj = new Group(setup, Map.of("0", first, "2", second));
    register("text", new Group(setup, Map.of("transformer", bert, "proj", proj)));
  }

  @Override
  Tensor images(Tensor patches) {
    return Scope.tidy(() -> head.call(trunk.call(patches)));
  }

  @Override
  Tensor texts(int[][] ids, int padding) {
    return Scope.tidy(() -> second.call(Gelu.of(first.call(bert.call(ids, padding)))));
  }

  private static final class Trunk extends Module {
    private final Tensor token;
    private final Tensor positions;
    private final Patches patches;
    private final List<Blocks.PreNorm> blocks;
    private final LayerNorm norm;

    Trunk(Setup setup, ClipConfig config) {
      super(setup);
      TowerShape s = config.vision();
      token = parameter("cls_token", Init.zeros(), 1, 1, s.width());
      positions = parameter("pos_embed", Init.zeros(), 1, 1 + config.patches(), s.width());
      patches = new Patches(setup, s.width(), config.patch(), true);
      register("patch_embed", new Group(setup, Map.of("proj", patches)));
      blocks = Blocks.preNorm(setup, s, Blocks.Names.TIMM);
      register("blocks", Group.numbered(setup, blocks));
      norm = register("norm", new LayerNorm(setup, s.width(), s.epsilon()));
    }

    @Override
    protected Tensor forward(Tensor x) {
      Tensor y = withClass(token, patches.call(x)).add(positions);
      for (Blocks.PreNorm block : blocks) {
        y = block.call(y, null);
      }
      return norm.call(y.slice(1, 0, 1).reshape(y.dim(0), y.dim(2)));
    }
  }

  private static final class Bert extends Module {
    private final Embedding words;
    private final Embedding positions;
    private final Embedding kinds;
    private final LayerNorm norm;
    private final List<BertLayer> layers = new ArrayList<>();

    Bert(Setup setup, ClipConfig config) {
      super(setup);
      TowerShape s = config.text();
      words = new Embedding(setup, config.vocabulary(), s.width(), Init.zeros());
      positions = new Embedding(setup, config.positions(), s.width(), Init.zeros());
      kinds = new Embedding(setup, 2, s.width(), Init.zeros());
      norm = new LayerNorm(setup, s.width(), s.epsilon());
      register(
          "embeddings",
          new Group(
              setup,
              Map.of(
                  "word_embeddings", words,
                  "position_embeddings", positions,
                  "token_type_embeddings", kinds,
                  "LayerNorm", norm)));
      for (int i = 0; i < s.layers(); i++) {
        layers.add(new BertLayer(setup, s));
      }
      register("encoder", new Group(setup, Map.of("layer", Group.numbered(setup, layers))));
    }

    /** The first token of each row, [B,C]. */
    Tensor call(int[][] ids, int padding) {
      return Scope.tidy(
          () -> {
            int b = ids.length;
            int t = ids[0].length;
            int[] flat = flat(ids);
            Tensor places = Tensor.of(device(), IntStream.range(0, t).toArray(), t);
            Tensor kind = Tensor.of(device(), new int[1], 1);
            Tensor x =
                words
                    .call(Tensor.of(device(), flat, b, t))
                    .add(positions.call(places).add(kinds.call(kind)));
            x = norm.call(x);
            int[] seen = IntStream.of(flat).map(id -> id == padding ? 0 : 1).toArray();
            Tensor mask = Tensor.of(device(), seen, b, 1, 1, t);
            for (BertLayer layer : layers) {
              x = layer.call(x, mask);
            }
            return x.slice(1, 0, 1).reshape(b, x.dim(2));
          });
    }
  }
}
