package io.med3dinsight.encoder2d;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Network;

/**
 * A small CLIP (Radford et al. 2021, arXiv 2103.00020): a convolutional tower for slices and a
 * transformer for texts, which meet in one space of unit vectors, and a learned temperature.
 */
public final class SliceTextModel extends Module {
  /** Name of the architecture in checkpoints. */
  public static final String KIND = "slice-text";

  /** CLIP's bound on the factor of the logits: 100. */
  private static final float LARGEST_LOG_SCALE = (float) Math.log(100);

  private static final float FIRST_LOG_SCALE = (float) Math.log(1 / 0.07);

  /** Keeps the length of a vector of zeros away from 0. */
  private static final float TINY = 1e-12f;

  private final SliceTextConfig config;
  private final WordTokenizer tokenizer;
  private final SliceTower slices;
  private final TextTower texts;
  private final Tensor logScale;

  public SliceTextModel(Setup setup, SliceTextConfig config, WordTokenizer tokenizer) {
    super(setup);
    this.config = config;
    this.tokenizer = tokenizer;
    slices = register("slice", new SliceTower(setup, config));
    texts = register("text", new TextTower(setup, config, tokenizer.size()));
    logScale = parameter("logit_scale", Init.constant(FIRST_LOG_SCALE));
  }

  public SliceTextConfig config() {
    return config;
  }

  public WordTokenizer tokenizer() {
    return tokenizer;
  }

  /** What a checkpoint of this model says about it: settings and vocabulary. */
  public Network network() {
    ObjectNode n = config.toJson();
    n.set("vocabulary", tokenizer.toJson());
    return new Network(KIND, n);
  }

  /** Unit vectors [N,width] of slices. */
  Tensor embed(SliceBatch b) {
    return Scope.tidy(
        () -> {
          int[] extents = {b.rows(), 1, b.size(), b.size(), SliceBatch.CHANNELS};
          return embed(Tensor.of(device(), b.values(), extents));
        });
  }

  /** Unit vectors [N,width] of slices [N,1,S,S,4] as {@link SliceBatch} holds them. */
  Tensor embed(Tensor x) {
    return Scope.tidy(() -> unit(slices.call(x)));
  }

  /** Unit vectors [N,width] of texts. */
  Tensor embed(TokenBatch b) {
    return Scope.tidy(
        () -> {
          TextInput input = TextInput.of(device(), b.rows(), b.length());
          input.load(b);
          return embed(input);
        });
  }

  /** Unit vectors [N,width] of texts. */
  Tensor embed(TextInput input) {
    return Scope.tidy(() -> unit(texts.call(input)));
  }

  /**
   * Cosines times {@code exp(min(t, ln 100))} with the learned t: [N,M] of slices [N,width] and
   * texts [M,width].
   */
  Tensor logits(Tensor slice, Tensor text) {
    return Scope.tidy(
        () ->
            slice
                .matmul(text.transpose(0, 1))
                .mul(logScale.clamp(Float.NEGATIVE_INFINITY, LARGEST_LOG_SCALE).exp()));
  }

  /** {@code x / |x|} along the last axis. */
  private static Tensor unit(Tensor x) {
    return x.div(x.square().sum(true, -1).add(TINY).sqrt());
  }
}
