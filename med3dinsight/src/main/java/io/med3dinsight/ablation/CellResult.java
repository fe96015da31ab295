package io.med3dinsight.ablation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A finished cell.
 *
 * @param id of the cell
 * @param method whatever the seed and the labels
 * @param labels share of the training cases whose labels were used
 * @param labelled how many those are
 * @param seconds by the clock since this cell was last taken up
 * @param scores of the test cases by id
 */
record CellResult(
    String id,
    String method,
    double labels,
    long seed,
    int labelled,
    double seconds,
    Map<String, Score> scores) {
  /**
   * Of one test case.
   *
   * @param dice mean over the structures
   * @param hd95 mean over the structures in mm
   */
  record Score(double dice, double hd95) {}

  double dice() {
    return scores.values().stream().mapToDouble(Score::dice).average().orElseThrow();
  }

  double hd95() {
    return scores.values().stream().mapToDouble(Score::hd95).average().orElseThrow();
  }

  ObjectNode toJson() {
    ObjectNode n =
        JsonNodeFactory.instance
            .objectNode()
            .put("cell", id)
            .put("method", method)
            .put("labels", labels)
            .put("seed", seed)
            .put("labelled", labelled)
            .put("seconds", seconds);
    ObjectNode cases = n.putObject("cases");
    scores.forEach((id, s) -> cases.putObject(id).put("dice", s.dice()).put("hd95", s.hd95()));
    return n;
  }

  static CellResult fromJson(JsonNode n) {
    Map<String, Score> scores = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> c : n.path("cases").properties()) {
      JsonNode s = c.getValue();
      scores.put(c.getKey(), new Score(s.path("dice").asDouble(), s.path("hd95").asDouble()));
    }
    return new CellResult(
        n.path("cell").asText(),
        n.path("method").asText(),
        n.path("labels").asDouble(),
        n.path("seed").asLong(),
        n.path("labelled").asInt(),
        n.path("seconds").asDouble(),
        scores);
  }
}
