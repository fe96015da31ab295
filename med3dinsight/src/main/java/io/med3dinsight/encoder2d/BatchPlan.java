package io.med3dinsight.encoder2d;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Cuts an epoch into batches whose pairs have different texts, as far as that is possible. */
final class BatchPlan {
  private BatchPlan() {}

  /**
   * Goes through the pairs in their order; one whose text is already in the batch waits for the
   * next. Only a batch that cannot be filled otherwise holds a text twice.
   *
   * @param order of the pairs, at least {@code steps * batch}
   * @param texts number of each pair's text
   * @return [steps][batch] numbers of pairs, none twice
   */
  static int[][] of(int[] order, int[] texts, int steps, int batch) {
    Deque<Integer> waiting = new ArrayDeque<>();
    for (int pair : order) {
      waiting.add(pair);
    }
    int[][] plan = new int[steps][];
    for (int s = 0; s < steps; s++) {
      plan[s] = fill(waiting, texts, batch);
    }
    return plan;
  }

  private static int[] fill(Deque<Integer> waiting, int[] texts, int batch) {
    List<Integer> chosen = new ArrayList<>();
    Deque<Integer> skipped = new ArrayDeque<>();
    Set<Integer> seen = new HashSet<>();
    while (chosen.size() < batch && !waiting.isEmpty()) {
      int pair = waiting.remove();
      if (seen.add(texts[pair])) {
        chosen.add(pair);
      } else {
        skipped.add(pair);
      }
    }
    while (chosen.size() < batch) {
      chosen.add(skipped.remove());
    }
    while (!skipped.isEmpty()) {
      waiting.addFirst(skipped.removeLast());
    }
    return chosen.stream().mapToInt(Integer::intValue).toArray();
  }
}
