package io.med3dinsight.encoder2d;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.block.TransformerBlock;
import io.med3dinsight.nn.layer.Embedding;
import io.med3dinsight.nn.layer.LayerNorm;
import io.med3dinsight.nn.layer.Linear;
import java.util.ArrayList;
import java.util.List;

/**
 * Texts, token ids [N,T], to vectors [N,width]: token and position embedding, transformer blocks,
 * layer norm, mean over the tokens that are not padding, projection.
 */
final class TextTower extends Module {
  private final Embedding tokens;
  private final Embedding positions;
  private final List<TransformerBlock> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final Linear projection;

  TextTower(Setup setup, SliceTextConfig config, int vocabulary) {
    super(setup);
    int width = config.textWidth();
    tokens = register("token", new Embedding(setup, vocabulary, width));
    positions = register("position", new Embedding(setup, config.maxTokens(), width));
    for (int i = 0; i < config.layers(); i++) {
      blocks.add(
          register("block" + i, new TransformerBlock(setup, width, config.heads(), 4 * width)));
    }
    norm = register("norm", new LayerNorm(setup, width));
    projection = register("proj", new Linear(setup, width, config.width(), false));
  }

  Tensor call(TextInput texts) {
    return Scope.tidy(
        () -> {
          Tensor x = tokens.call(texts.ids()).add(positions.call(texts.places()));
          for (TransformerBlock block : blocks) {
            x = block.call(x, texts.hidden());
          }
          return projection.call(norm.call(x).mul(texts.weights()).sum(false, 1));
        });
  }
}
