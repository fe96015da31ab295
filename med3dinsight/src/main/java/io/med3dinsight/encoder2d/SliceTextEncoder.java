package io.med3dinsight.encoder2d;

import io.med3dinsight.slice.Slice;
import java.util.List;

/**
 * A frozen pair of encoders that puts slices and texts into one space, where a slice lies near the
 * text that describes it. One thread at a time may call it.
 */
public interface SliceTextEncoder extends AutoCloseable {
  /** Length of an embedding. */
  int width();

  /** Name and version of the weights: encoders with the same id give the same embeddings. */
  String id();

  /**
   * Embeds slices.
   *
   * @return [n][width], each row of Euclidean length 1
   */
  float[][] embedSlices(List<Slice> slices);

  /**
   * Embeds texts.
   *
   * @return [n][width], each row of Euclidean length 1
   */
  float[][] embedTexts(List<String> texts);

  /** Frees the weights. */
  @Override
  void close();
}
