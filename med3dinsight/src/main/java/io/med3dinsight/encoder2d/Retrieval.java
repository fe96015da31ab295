package io.med3dinsight.encoder2d;

import io.med3dinsight.slice.Slice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How well an encoder finds the text of a slice among those of all slices: the share of slices
 * whose own text is among the k nearest by cosine. Equal texts count once, ties count against the
 * encoder.
 *
 * @param slices number of slices
 * @param texts number of different texts, among which each slice's is searched
 * @param top1 share of slices with k = 1
 * @param top5 share of slices with k = 5
 */
public record Retrieval(int slices, int texts, double top1, double top5) {
  /**
   * Measures an encoder.
   *
   * @param texts the description of each slice
   * @throws IllegalArgumentException when there is no slice, or not one text for each
   */
  public static Retrieval of(SliceTextEncoder encoder, List<Slice> slices, List<String> texts) {
    if (slices.isEmpty() || slices.size() != texts.size()) {
      throw new IllegalArgumentException(
          "retrieval was given "
              + slices.size()
              + " slices and "
              + texts.size()
              + " texts; expected one text for each of at least one slice.");
    }
    Map<String, Integer> numbers = new LinkedHashMap<>();
    texts.forEach(t -> numbers.putIfAbsent(t, numbers.size()));
    float[][] candidates = encoder.embedTexts(new ArrayList<>(numbers.keySet()));
    float[][] queries = encoder.embedSlices(slices);
    int first = 0;
    int five = 0;
    for (int i = 0; i < queries.length; i++) {
      int rank = rank(queries[i], candidates, numbers.get(texts.get(i)));
      first += rank <= 1 ? 1 : 0;
      five += rank <= 5 ? 1 : 0;
    }
    double n = queries.length;
    return new Retrieval(queries.length, candidates.length, first / n, five / n);
  }

  /** Place of candidate {@code own} by falling cosine, from 1. */
  private static int rank(float[] query, float[][] candidates, int own) {
    double best = dot(query, candidates[own]);
    int rank = 1;
    for (int j = 0; j < candidates.length; j++) {
      // Written so that a cosine that is not a number counts against the encoder as well.
      boolean behind = dot(query, candidates[j]) < best;
      rank += j != own && !behind ? 1 : 0;
    }
    return rank;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
