package io.med3dinsight.fewlabels;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Finished cells as JSON lines; each addition writes the whole file anew, or leaves the old one.
 */
final class CellFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;
  private final List<CellResult> results = new ArrayList<>();

  private CellFile(Path path) {
    this.path = path;
  }

  /** The cells of a file; none when it does not exist. */
  static CellFile open(Path path) {
    CellFile file = new CellFile(path);
    if (Files.exists(path)) {
      try {
        for (String line : Files.readAllLines(path)) {
          file.results.add(read(JSON.readTree(line)));
        }
      } catch (JsonProcessingException | IllegalArgumentException e) {
        throw new DataException(
            path
                + ", line "
                + (file.results.size() + 1)
                + ", is no finished cell; remove the line, and the cell is computed again.",
            e);
      } catch (IOException e) {
        throw DataException.of(path, "read", e);
      }
    }
    return file;
  }

  private static CellResult read(JsonNode n) {
    Map<String, Double> scores = new LinkedHashMap<>();
    n.path("scores").properties().forEach(e -> scores.put(e.getKey(), e.getValue().asDouble()));
    if (!n.path("percent").isNumber() || !n.path("seed").isIntegralNumber() || scores.isEmpty()) {
      throw new IllegalArgumentException(n.toString());
    }
    Cell.Start start = Cell.Start.valueOf(n.path("start").asText().toUpperCase(Locale.ROOT));
    Cell cell = new Cell(n.path("percent").asDouble(), n.path("seed").asLong(), start);
    return new CellResult(cell, n.path("cases").asInt(), scores);
  }

  List<CellResult> results() {
    return List.copyOf(results);
  }

  boolean has(Cell cell) {
    return results.stream().anyMatch(r -> r.cell().equals(cell));
  }

  void add(CellResult result) {
    results.add(result);
    StringBuilder text = new StringBuilder();
    for (CellResult r : results) {
      ObjectNode n = JSON.createObjectNode();
      n.put("percent", r.cell().percent()).put("cases", r.cases()).put("seed", r.cell().seed());
      n.put("start", r.cell().start().label());
      ObjectNode scores = n.putObject("scores");
      r.scores().forEach(scores::put);
      text.append(n).append('\n');
    }
    AtomicFile.write(path, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }
}
