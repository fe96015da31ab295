package io.med3dinsight.caption;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.med3dinsight.DataException;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Captions as JSON lines: {@code
 * {"volume":"case_1","plane":"axial","slice":12,"text":"...","model":"..."}}.
 */
public final class CaptionFile {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .configure(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES, true)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  private CaptionFile() {}

  /** Writes all captions; the file appears under its name only when it is complete. */
  public static void write(Path file, List<Caption> captions) {
    StringBuilder sb = new StringBuilder();
    try {
      for (Caption c : captions) {
        sb.append(JSON.writeValueAsString(c)).append('\n');
      }
      AtomicFile.write(file, out -> out.write(sb.toString().getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new DataException(file + " cannot be written: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Reads captions.
   *
   * @throws DataException naming the line that is not a caption
   */
  public static List<Caption> read(Path file) {
    List<Caption> out = new ArrayList<>();
    int number = 0;
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        number++;
        if (!line.isBlank()) {
          out.add(JSON.readValue(line, Caption.class));
        }
      }
    } catch (JsonProcessingException e) {
      throw new DataException(
          file
              + ", line "
              + number
              + " is not a caption ("
              + e.getOriginalMessage()
              + "); expected {\"volume\": ..., \"plane\": ..., \"slice\": ..., \"text\": ...}.",
          e);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
    return out;
  }
}
