package io.med3dinsight.pretrain;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Init;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;

/**
 * Embeddings of the pairs of earlier steps, the latest first, without gradients: further pairs for
 * batches that are too small (as in He et al. 2020, MoCo, arXiv 1911.05722, but with the encoder's
 * own past rather than a moving average). They are buffers, so that a checkpoint holds them.
 */
final class EmbeddingQueue extends Module {
  private final int size;
  private final int width;
  private final Tensor seen;
  private final Tensor images;
  private final Tensor texts;
  private int filled;

  /**
   * @param size most pairs kept
   * @param width E of an embedding
   */
  EmbeddingQueue(Setup setup, int size, int width) {
    super(setup);
    this.size = size;
    this.width = width;
    seen = buffer("seen", Init.constant(0), size, width);
    images = buffer("images", Init.constant(0), size, width);
    texts = buffer("texts", Init.constant(0), size, width);
  }

  /** How many pairs are kept. */
  int filled() {
    return filled;
  }

  /** Says how many of the rows that a checkpoint brought are pairs. */
  void filled(int pairs) {
    if (pairs < 0 || pairs > size) {
      throw new IllegalArgumentException("a queue of " + size + " cannot hold " + pairs);
    }
    filled = pairs;
  }

  /** Whether the next pairs push others out. */
  boolean full() {
    return filled == size;
  }

  /** {@code own} [B,E] with the kept image embeddings below it, on the host. */
  float[] images(float[] own) {
    return with(own, images);
  }

  /** {@code own} [B,E] with the kept text embeddings below it, on the host. */
  float[] texts(float[] own) {
    return with(own, texts);
  }

  private float[] with(float[] own, Tensor kept) {
    float[] all = Arrays.copyOf(own, own.length + filled * width);
    System.arraycopy(kept.toFloats(), 0, all, own.length, filled * width);
    return all;
  }

  /** {@code own} [B,E] with the kept volume embeddings below it. */
  Tensor withSeen(Tensor own) {
    return with(own, seen);
  }

  /** {@code own} [B,E] with the kept image embeddings below it. */
  Tensor withImages(Tensor own) {
    return with(own, images);
  }

  /** {@code own} [B,E] with the kept text embeddings below it. */
  Tensor withTexts(Tensor own) {
    return with(own, texts);
  }

  private Tensor with(Tensor own, Tensor kept) {
    return filled == 0 ? own : Tensor.concat(0, own, kept.slice(0, 0, filled));
  }

  /**
   * Takes the pairs of a step in; the oldest leave.
   *
   * @param u from the volumes [B,E]
   * @param image their image embeddings [B,E]
   * @param text their text embeddings [B,E]
   */
  void push(float[] u, float[] image, float[] text) {
    push(seen, u);
    push(images, image);
    push(texts, text);
    filled = Math.min(size, filled + u.length / width);
  }

  private void push(Tensor kept, float[] latest) {
    float[] all = Arrays.copyOf(latest, size * width);
    if (latest.length < all.length) {
      System.arraycopy(kept.toFloats(), 0, all, latest.length, all.length - latest.length);
    }
    kept.copyFrom(all);
  }
}
