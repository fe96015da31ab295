package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Modality;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.SlicePicture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is asked about a slice, by modality and plane; a YAML file that the user may edit. Only the
 * plane, the modality and the sides of the picture are ever filled in.
 */
public final class PromptTemplates {
  private static final String STANDARD = "/io/med3dinsight/caption/prompts.yaml";
  private static final String DEFAULT = "default";
  private static final Pattern NAME = Pattern.compile("\\{(\\w*)}");
  private static final Set<String> NAMES =
      Set.of("plane", "modality", "top", "bottom", "left", "right");

  private final String source;
  private final String system;
  private final Map<String, Map<String, String>> templates;

  private PromptTemplates(String source, String system, Map<String, Map<String, String>> t) {
    this.source = source;
    this.system = system;
    this.templates = t;
  }

  /**
   * A prompt as it is sent.
   *
   * @param system instruction for all slices; empty when there is none
   * @param user the question
   */
  public record Prompt(String system, String user) {}

  /** The program's own prompts. */
  public static PromptTemplates standard() {
    return parse(standardText(), "the program's own prompts");
  }

  /** The file of the program's own prompts, to be edited. */
  public static String standardText() {
    try (InputStream in = PromptTemplates.class.getResourceAsStream(STANDARD)) {
      if (in == null) {
        throw new IOException("prompts.yaml is missing from the program's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new DataException("The program's own prompts cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a file of prompts.
   *
   * @throws DataException when it cannot be read or is no such file
   */
  public static PromptTemplates read(Path file) {
    try {
      return parse(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
  }

  static PromptTemplates parse(String yaml, String source) {
    JsonNode root;
    try {
      root = new YAMLMapper().readTree(yaml);
    } catch (JsonProcessingException e) {
      String why = e.getOriginalMessage().lines().findFirst().orElse("no reason given");
      throw new DataException(source + " is not valid YAML: " + why + ".", e);
    }
    requireKeys(source, "the file", root, Set.of("system", "prompts"));
    Set<String> modalities =
        Arrays.stream(Modality.values()).map(Modality::key).collect(Collectors.toSet());
    modalities.add(DEFAULT);
    Set<String> planes =
        Arrays.stream(Plane.values()).map(Plane::label).collect(Collectors.toSet());
    planes.add(DEFAULT);
    requireKeys(source, "\"prompts\"", root.path("prompts"), modalities);
    Map<String, Map<String, String>> templates = new HashMap<>();
    for (Map.Entry<String, JsonNode> modality : root.path("prompts").properties()) {
      String where = "\"" + modality.getKey() + "\"";
      requireKeys(source, where, modality.getValue(), planes);
      Map<String, String> byPlane = new HashMap<>();
      for (Map.Entry<String, JsonNode> plane : modality.getValue().properties()) {
        byPlane.put(plane.getKey(), template(source, where, plane));
      }
      templates.put(modality.getKey(), byPlane);
    }
    JsonNode system = root.path("system");
    if (!system.isMissingNode() && !system.isTextual()) {
      throw new DataException(source + " has a \"system\" that is no text; write it as text.");
    }
    return new PromptTemplates(source, system.asText("").strip(), templates);
  }

  private static void requireKeys(String source, String where, JsonNode node, Set<String> keys) {
    if (!node.isObject()) {
      throw new DataException(
          source + ": " + where + " is no group of prompts; see caption --print-prompts.");
    }
    for (Map.Entry<String, JsonNode> e : node.properties()) {
      if (!keys.contains(e.getKey())) {
        throw new DataException(
            source
                + ": "
                + where
                + " has the unknown key \""
                + e.getKey()
                + "\"; expected some of "
                + String.join(", ", new TreeSet<>(keys))
                + ".");
      }
    }
  }

  private static String template(String source, String where, Map.Entry<String, JsonNode> plane) {
    String text = plane.getValue().asText("").strip();
    if (!plane.getValue().isTextual() || text.isEmpty()) {
      throw new DataException(
          source + ": the prompt of " + where + ", \"" + plane.getKey() + "\" is no text.");
    }
    Matcher m = NAME.matcher(text);
    while (m.find()) {
      if (!NAMES.contains(m.group(1))) {
        throw new DataException(
            source
                + ": the prompt of "
                + where
                + " has "
                + m.group()
                + ", which stands for nothing; expected {"
                + String.join("}, {", new TreeSet<>(NAMES))
                + "}.");
      }
    }
    return text;
  }

  /**
   * The prompt for a slice.
   *
   * @throws UsageException when the file has none for this modality and plane
   */
  public Prompt prompt(Modality modality, Plane plane) {
    Modality general = modality.general();
    List<String> groups =
        general == null
            ? List.of(modality.key(), DEFAULT)
            : List.of(modality.key(), general.key(), DEFAULT);
    for (String group : groups) {
      Map<String, String> byPlane = templates.getOrDefault(group, Map.of());
      String text = byPlane.getOrDefault(plane.label(), byPlane.get(DEFAULT));
      if (text != null) {
        return new Prompt(system, filled(text, modality, plane));
      }
    }
    throw new UsageException(
        source
            + " has no prompt for "
            + plane.label()
            + " "
            + modality.key()
            + " slices: add one under \"default\".");
  }

  private static String filled(String text, Modality modality, Plane plane) {
    Map<String, String> values =
        Map.of(
            "plane", plane.label(),
            "modality", modality.words(),
            "top", SlicePicture.top(plane),
            "bottom", SlicePicture.bottom(plane),
            "left", SlicePicture.left(plane),
            "right", SlicePicture.right(plane));
    return NAME.matcher(text).replaceAll(m -> Matcher.quoteReplacement(values.get(m.group(1))));
  }
}
