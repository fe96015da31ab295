package io.med3dinsight.encoder2d;

import java.util.Arrays;
import java.util.List;

/**
 * Texts as token ids, padded to one length.
 *
 * @param rows N, number of texts
 * @param length T, at least the tokens of the longest text
 * @param ids [N,T], {@link WordTokenizer#PADDING} after a text's end
 */
record TokenBatch(int rows, int length, int[] ids) {
  /** Pads texts, each of at least one token. */
  static TokenBatch of(List<int[]> texts) {
    return of(texts, texts.stream().mapToInt(t -> t.length).max().orElse(0));
  }

  /** Pads texts, each of 1 to {@code length} tokens, to {@code length}. */
  static TokenBatch of(List<int[]> texts, int length) {
    int[] ids = new int[texts.size() * length];
    Arrays.fill(ids, WordTokenizer.PADDING);
    for (int i = 0; i < texts.size(); i++) {
      System.arraycopy(texts.get(i), 0, ids, i * length, texts.get(i).length);
    }
    return new TokenBatch(texts.size(), length, ids);
  }
}
