package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a request says beside the prompt.
 *
 * @param maxTokens {@code max_tokens}; 0 leaves it out
 * @param temperature {@code temperature}; null leaves it out
 * @param extra further fields of the request, name to JSON
 */
public record RequestOptions(int maxTokens, Double temperature, Map<String, String> extra) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> OURS = Set.of("model", "messages", "stream", "n");

  public RequestOptions {
    if (maxTokens < 0) {
      throw new UsageException(
          "The most tokens of an answer are " + maxTokens + ": expected 1 or more, or 0 for none.");
    }
    if (temperature != null && !(temperature >= 0 && temperature <= 2)) {
      throw new UsageException("The temperature is " + temperature + ": expected 0 to 2.");
    }
    extra = new TreeMap<>(extra);
    for (Map.Entry<String, String> e : extra.entrySet()) {
      if (OURS.contains(e.getKey())) {
        throw new UsageException(
            "The field \"" + e.getKey() + "\" of a request is the program's own: leave it out.");
      }
      json(e.getKey(), e.getValue());
    }
  }

  /** 300 tokens at temperature 0. */
  public static RequestOptions standard() {
    return new RequestOptions(300, 0.0, Map.of());
  }

  /** Puts the fields into a request. */
  void into(ObjectNode request) {
    if (maxTokens > 0) {
      request.put("max_tokens", maxTokens);
    }
    if (temperature != null) {
      request.put("temperature", temperature);
    }
    extra.forEach((name, value) -> request.set(name, json(name, value)));
  }

  private static JsonNode json(String name, String value) {
    try {
      JsonNode node = JSON.readTree(value);
      if (!node.isMissingNode()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw new UsageException(
          "The field \"" + name + "\" is '" + value + "', which is no JSON (text needs quotes).",
          e);
    }
    throw new UsageException("The field \"" + name + "\" is empty: expected JSON.");
  }
}
