package io.med3dinsight.fewlabels;

import java.util.Map;

/**
 * What came out of a cell.
 *
 * @param cases number of training cases
 * @param scores on the test cases, by name
 */
public record CellResult(Cell cell, int cases, Map<String, Double> scores) {
  public CellResult {
    scores = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(scores));
  }
}
