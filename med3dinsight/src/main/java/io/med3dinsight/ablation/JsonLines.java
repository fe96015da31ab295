package io.med3dinsight.ablation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.DataException;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small file of JSON lines; it is written whole, so that no reader sees half a line. */
final class JsonLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private JsonLines() {}

  /**
   * The lines; none when there is no file.
   *
   * @param key that each line must have
   * @throws DataException naming the line that cannot be read
   */
  static List<JsonNode> read(Path file, String key) {
    List<JsonNode> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode n = JSON.readTree(line);
        if (!n.path(key).isTextual()) {
          throw bad(file, lines.size() + 1, null);
        }
        lines.add(n);
      }
    } catch (JsonProcessingException e) {
      throw bad(file, lines.size() + 1, e);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
    return lines;
  }

  private static DataException bad(Path file, int line, Throwable cause) {
    return new DataException(
        file
            + ", line "
            + line
            + ", is not one of this program's results; delete that line to compute it again.",
        cause);
  }

  /** Adds a line. */
  static void add(Path file, String key, JsonNode line) {
    StringBuilder text = new StringBuilder();
    read(file, key).forEach(n -> text.append(n).append('\n'));
    text.append(line).append('\n');
    AtomicFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }
}
