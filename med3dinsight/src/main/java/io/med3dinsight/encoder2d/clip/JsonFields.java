package io.med3dinsight.encoder2d.clip;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** One object of a JSON file, read with sentences that name the file and the entry. */
final class JsonFields {
  private final Path file;
  private final String path;
  private final JsonNode node;

  private JsonFields(Path file, String path, JsonNode node) {
    this.file = file;
    this.path = path;
    this.node = node;
  }

  static JsonFields read(Path file) {
    try {
      JsonNode node = new ObjectMapper().readTree(Files.readAllBytes(file));
      if (node == null || !node.isObject()) {
        throw new DataException(file + " is not a JSON object: expected {...}.");
      }
      return new JsonFields(file, "", node);
    } catch (JacksonException e) {
      String why = e.getOriginalMessage().lines().findFirst().orElse("");
      // Jackson adds where the object began, which is of no help here.
      throw new DataException(
          file + " is not valid JSON: " + why.replaceFirst(" \\(start marker.*", "") + ".", e);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
  }

  JsonNode node() {
    return node;
  }

  boolean has(String name) {
    return node.hasNonNull(name);
  }

  /** An object within this one; an empty one when it is not there. */
  JsonFields object(String name) {
    JsonNode n = node.path(name);
    if (!n.isObject() && !n.isNull() && !n.isMissingNode()) {
      throw wrong(name, "an object");
    }
    return new JsonFields(
        file, path + name + ".", n.isObject() ? n : new ObjectMapper().createObjectNode());
  }

  int integer(String name, int otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    if (!node.get(name).canConvertToInt() || !node.get(name).isIntegralNumber()) {
      throw wrong(name, "a whole number");
    }
    return node.get(name).intValue();
  }

  float number(String name, float otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    if (!node.get(name).isNumber()) {
      throw wrong(name, "a number");
    }
    return node.get(name).floatValue();
  }

  String text(String name, String otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    if (!node.get(name).isTextual()) {
      throw wrong(name, "text");
    }
    return node.get(name).textValue();
  }

  boolean truth(String name, boolean otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    if (!node.get(name).isBoolean()) {
      throw wrong(name, "true or false");
    }
    return node.get(name).booleanValue();
  }

  /** Three numbers. */
  float[] colours(String name, float[] otherwise) {
    if (!has(name)) {
      return otherwise;
    }
    JsonNode n = node.get(name);
    if (!n.isArray() || n.size() != 3) {
      throw wrong(name, "three numbers");
    }
    float[] out = new float[3];
    for (int i = 0; i < 3; i++) {
      if (!n.get(i).isNumber()) {
        throw wrong(name, "three numbers");
      }
      out[i] = n.get(i).floatValue();
    }
    return out;
  }

  /** Refuses what would make another network: an entry that is neither known nor off. */
  void onlyKnown(Set<String> names) {
    for (Map.Entry<String, JsonNode> e : node.properties()) {
      JsonNode v = e.getValue();
      boolean off =
          v.isNull() || (v.isBoolean() && !v.booleanValue()) || v.isEmpty() && !v.isValueNode();
      if (!off && !names.contains(e.getKey())) {
        throw new DataException(
            file
                + " asks for "
                + path
                + e.getKey()
                + " = "
                + v
                + ", which this program's towers do not have; see docs/clip.md for those that it"
                + " reads.");
      }
    }
  }

  DataException wrong(String name, String expected) {
    return new DataException(
        file
            + ", entry "
            + path
            + name
            + ": found "
            + node.get(name)
            + ", expected "
            + expected
            + ".");
  }
}
