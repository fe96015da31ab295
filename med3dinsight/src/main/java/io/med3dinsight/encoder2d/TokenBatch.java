package io.med3dinsight.encoder2d;

import java.util.Arrays;
import java.util.List;

/**
 * Texts as token ids, padded to the longest of them.
 *
 * @param rows N, number of texts
 * @param length T, tokens of the longest text
 * @param ids [N,T], {@link WordTokenizer#PADDING} after a text's end
 */
record TokenBatch(int rows, int length, int[] ids) {
  /** Pads texts, each of at least one token. */
  static TokenBatch of(List<int[]> texts) {
    int length = texts.stream().mapToInt(t -> t.length).max().orElse(0);
    int[] ids = new int[texts.size() * length];
    Arrays.fill(ids, WordTokenizer.PADDING);
    for (int i = 0; i < texts.size(); i++) {
      System.arraycopy(texts.get(i), 0, ids, i * length, texts.get(i).length);
    }
    return new TokenBatch(texts.size(), length, ids);
  }
}
