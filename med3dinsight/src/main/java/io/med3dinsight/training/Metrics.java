package io.med3dinsight.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Means of the numbers of an epoch's steps. They travel in the checkpoint, so that an epoch that
 * was interrupted ends with the same means.
 */
public final class Metrics {
  private static final class Sum {
    double total;
    long count;
  }

  private final Map<String, Sum> sums = new LinkedHashMap<>();

  /** Takes one more value into the mean of {@code name}. */
  public void add(String name, double value) {
    Sum s = sums.computeIfAbsent(name, n -> new Sum());
    s.total += value;
    s.count++;
  }

  /** The means by name, in the order of their first values. */
  public Map<String, Double> means() {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((name, s) -> means.put(name, s.total / s.count));
    return means;
  }

  void clear() {
    sums.clear();
  }

  ObjectNode toJson() {
    ObjectNode n = new ObjectMapper().createObjectNode();
    sums.forEach((name, s) -> n.putObject(name).put("total", s.total).put("count", s.count));
    return n;
  }

  void restore(JsonNode n) {
    sums.clear();
    n.fields()
        .forEachRemaining(
            f -> {
              Sum s = new Sum();
              // Not a number travels as text.
              s.total = Double.parseDouble(f.getValue().path("total").asText());
              s.count = f.getValue().path("count").asLong();
              sums.put(f.getKey(), s);
            });
  }
}
