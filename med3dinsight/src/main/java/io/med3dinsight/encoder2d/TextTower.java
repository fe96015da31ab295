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
import java.util.stream.IntStream;

/**
 * Texts, token ids [N,T], to vectors [N,width]: token and position embedding, transformer blocks,
 * layer norm, mean over the tokens that are not padding, projection.
 */
final class TextTower extends Module {
  /** Added to the scores of padding: its weight in the softmax is 0 in float32. */
  private static final float HIDDEN = -1e9f;

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

  Tensor call(TokenBatch batch) {
    return Scope.tidy(() -> embed(batch));
  }

  private Tensor embed(TokenBatch b) {
    Tensor ids = Tensor.of(device(), b.ids(), b.rows(), b.length());
    Tensor places = Tensor.of(device(), IntStream.range(0, b.length()).toArray(), b.length());
    Tensor x = tokens.call(ids).add(positions.call(places));
    float[] bias = new float[b.ids().length];
    float[] weights = new float[b.ids().length];
    masks(b, bias, weights);
    Tensor hidden = Tensor.of(device(), bias, b.rows(), 1, 1, b.length());
    for (TransformerBlock block : blocks) {
      x = block.call(x, hidden);
    }
    Tensor w = Tensor.of(device(), weights, b.rows(), b.length(), 1);
    return projection.call(norm.call(x).mul(w).sum(false, 1));
  }

  /** For each text the bias on attention to its tokens, and their weights in its mean. */
  private static void masks(TokenBatch b, float[] bias, float[] weights) {
    for (int i = 0; i < b.rows(); i++) {
      int used = 0;
      for (int t = 0; t < b.length(); t++) {
        used += b.ids()[i * b.length() + t] == WordTokenizer.PADDING ? 0 : 1;
      }
      for (int t = i * b.length(); t < (i + 1) * b.length(); t++) {
        boolean padding = b.ids()[t] == WordTokenizer.PADDING;
        bias[t] = padding ? HIDDEN : 0f;
        weights[t] = padding ? 0f : 1f / used;
      }
    }
  }
}
