package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Which network a checkpoint belongs to.
 *
 * @param kind the architecture's name
 * @param config what it was built with, enough to build it again
 */
public record Network(String kind, JsonNode config) {
  @Override
  public String toString() {
    return kind + " " + config;
  }
}
