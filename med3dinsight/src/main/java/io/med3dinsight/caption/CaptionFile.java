package io.med3dinsight.caption;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Captions as JSON lines: {@code
 * {"volume":"case_1","plane":"axial","slice":12,"slices":40,"text":"...","model":"...","prompt":"..."}}.
 * "slices", "model" and "prompt" may be missing; see {@link Caption}. Further keys are left aside.
 */
public final class CaptionFile {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private CaptionFile() {}

  /** Writes all captions; the file appears under its name only when it is complete. */
  public static void write(Path file, List<Caption> captions) {
    StringBuilder sb = new StringBuilder();
    captions.forEach(c -> sb.append(line(c)).append('\n'));
    AtomicFile.write(file, out -> out.write(sb.toString().getBytes(StandardCharsets.UTF_8)));
  }

  /** A caption as it stands in a line. */
  public static ObjectNode line(Caption c) {
    ObjectNode node = JSON.createObjectNode();
    node.put("volume", c.volume()).put("plane", c.plane().label()).put("slice", c.slice());
    if (c.slices() != null) {
      node.put("slices", c.slices());
    }
    node.put("text", c.text()).put("model", c.model());
    if (c.prompt() != null) {
      node.put("prompt", c.prompt());
    }
    return node;
  }

  /**
   * Reads captions. "model" may be missing; then it is empty.
   *
   * @throws DataException naming the file, or its line that is not a caption and why
   */
  public static List<Caption> read(Path file) {
    List<Caption> out = new ArrayList<>();
    int number = 0;
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        number++;
        if (!line.isBlank()) {
          out.add(caption(line, file + ", line " + number));
        }
      }
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
    return out;
  }

  private static Caption caption(String line, String where) {
    JsonNode node;
    try {
      node = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      String why = e.getOriginalMessage().lines().findFirst().orElse("no reason given");
      throw notCaption(where, why, e);
    }
    if (!node.isObject()) {
      throw notCaption(where, "it is no JSON object", null);
    }
    String volume = text(node, "volume", where);
    String plane = text(node, "plane", where);
    String text = text(node, "text", where);
    JsonNode slice = node.path("slice");
    if (!slice.isInt() || slice.intValue() < 0) {
      throw notCaption(where, "\"slice\" is " + found(slice) + " and no slice number", null);
    }
    for (Plane p : Plane.values()) {
      if (p.label().equals(plane.toLowerCase(Locale.ROOT))) {
        return new Caption(
            volume,
            p,
            slice.intValue(),
            slices(node.path("slices"), slice.intValue(), where),
            text,
            node.path("model").asText(""),
            node.path("prompt").textValue());
      }
    }
    throw notCaption(where, "there is no plane \"" + plane + "\"", null);
  }

  private static Integer slices(JsonNode node, int slice, String where) {
    if (node.isMissingNode() || node.isNull()) {
      return null;
    }
    if (!node.isInt() || node.intValue() <= slice) {
      throw notCaption(
          where,
          "\"slices\" is " + node + ", which is no number of slices with a slice " + slice,
          null);
    }
    return node.intValue();
  }

  private static String text(JsonNode node, String name, String where) {
    JsonNode value = node.path(name);
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw notCaption(where, "\"" + name + "\" is " + found(value) + " and no text", null);
    }
    return value.textValue();
  }

  private static String found(JsonNode value) {
    return value.isMissingNode() ? "missing" : value.toString();
  }

  private static DataException notCaption(String where, String why, Throwable cause) {
    return new DataException(
        where
            + " is not a caption ("
            + why
            + "); expected {\"volume\": \"case\", \"plane\": \"axial\", \"slice\": 12, \"text\":"
            + " \"...\"}, where the plane is axial, coronal or sagittal and slices count from 0.",
        cause);
  }
}
