package io.med3dinsight.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.med3dinsight.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Reads settings into nested records. Defaults are a record; a YAML or JSON file replaces some of
 * its values, and {@code key=value} words replace single ones, with dots for nesting: {@code
 * pretrain.epochs=10}. Every key must be known and every value of the component's type; nothing is
 * ignored and nothing is guessed.
 *
 * <p>Components may be {@code boolean}, {@code int}, {@code long}, {@code float}, {@code double},
 * their boxes, {@code String}, {@code Path}, enums (by name, in any case), records, lists of these,
 * and arrays of {@code int}, {@code float}, {@code double} or {@code String}. What a record's
 * constructor refuses with an IllegalArgumentException becomes a UsageException with its sentence.
 */
public final class Configuration {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private Configuration() {}

  /**
   * {@code defaults}, changed by a file, then by single settings in their order.
   *
   * @param file YAML, or JSON when its name ends in .json; null for none
   * @param overrides words of the form {@code key=value}; the value is a YAML scalar or list
   * @throws UsageException for a file that cannot be read, an unknown key or an unusable value
   */
  public static <R extends Record> R read(R defaults, Path file, List<String> overrides) {
    return read(defaults, file == null ? null : parse(file), file, overrides);
  }

  /**
   * The same of a file that may be written for a command with other settings: those that this one
   * has no use for are checked and left aside.
   *
   * @param wider settings of that command
   * @param unused names at the top level of {@code wider}
   * @param aside told which of them the file has; not called where it has none
   */
  public static <R extends Record> R read(
      R defaults,
      Path file,
      List<String> overrides,
      Record wider,
      Collection<String> unused,
      Consumer<List<String>> aside) {
    JsonNode tree = file == null ? null : parse(file);
    if (tree instanceof ObjectNode all) {
      List<String> names = unused.stream().filter(all::has).toList();
      if (!names.isEmpty()) {
        JsonNode others = all.deepCopy().retain(names);
        new Binder(wider.getClass()).apply(wider, others, file.toString());
        tree = all.remove(names);
        aside.accept(names);
      }
    }
    return read(defaults, tree, file, overrides);
  }

  /** Names at the top level of one kind of settings that another has not. */
  public static List<String> namesWithout(Record settings, Record others) {
    List<String> known = Records.names(others.getClass());
    return Records.names(settings.getClass()).stream().filter(n -> !known.contains(n)).toList();
  }

  private static <R extends Record> R read(
      R defaults, JsonNode tree, Path file, List<String> overrides) {
    Binder binder = new Binder(defaults.getClass());
    Record settings = defaults;
    if (tree != null) {
      settings = binder.apply(settings, tree, file.toString());
    }
    for (String word : overrides) {
      settings = override(binder, settings, word);
    }
    @SuppressWarnings("unchecked") // The binder returns a record of the class it was given.
    R result = (R) settings;
    return result;
  }

  /** The settings as YAML, which {@link #read} reads back to an equal record. */
  public static String toYaml(Record settings) {
    try {
      return YAML.writeValueAsString(Binder.toMap(settings));
    } catch (JacksonException e) {
      throw new IllegalStateException("Settings cannot be written: " + settings, e);
    }
  }

  /** Writes {@link #toYaml}; a reader sees the whole old file or the whole new one. */
  public static void write(Record settings, Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.writeString(part, toYaml(settings));
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static JsonNode parse(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UsageException(
          "Configuration file " + file + " is not there: expected a YAML or JSON file.");
    }
    boolean json = file.toString().toLowerCase(Locale.ROOT).endsWith(".json");
    try {
      return (json ? JSON : YAML).readTree(Files.readString(file));
    } catch (JacksonException e) {
      throw new UsageException(
          "Configuration file "
              + file
              + ", line "
              + (e.getLocation() == null ? "unknown" : e.getLocation().getLineNr())
              + ", is not valid "
              + (json ? "JSON" : "YAML")
              + ": "
              + e.getOriginalMessage().lines().findFirst().orElse("no reason given")
              + ".",
          e);
    } catch (IOException e) {
      throw new UsageException(
          "Configuration file " + file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private static Record override(Binder binder, Record settings, String word) {
    int equals = word.indexOf('=');
    if (equals < 1) {
      throw new UsageException(
          "'" + word + "' is not a setting: expected key=value, such as pretrain.epochs=10.");
    }
    String key = word.substring(0, equals);
    String value = word.substring(equals + 1);
    JsonNode node;
    try {
      node = YAML.readTree(value);
    } catch (JacksonException e) {
      // Text that is no YAML, such as a lone brace, can still be the value of a text setting.
      node = YAML.getNodeFactory().textNode(value);
    }
    boolean cleared = value.equals("null") || value.equals("~");
    if (!node.isContainerNode() && !cleared) {
      // The setting's type decides what a single word is, not YAML.
      node = YAML.getNodeFactory().textNode(value);
    }
    return binder.set(settings, key, node);
  }
}
