package io.med3dinsight.config;

import java.util.Comparator;
import java.util.List;

/** Finds what a misspelt key was meant to be. */
final class Nearest {
  private Nearest() {}

  /** The known key with the fewest edits, counted on the whole key or on its last part. */
  static String key(String given, List<String> known) {
    return known.stream()
        .min(
            Comparator.comparingInt(
                k -> Math.min(edits(given, k), 1 + edits(last(given), last(k)))))
        .orElseThrow();
  }

  private static String last(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  /** Levenshtein distance: insertions, deletions and replacements of single characters. */
  static int edits(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
