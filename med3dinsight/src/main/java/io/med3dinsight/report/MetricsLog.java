package io.med3dinsight.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The numbers of a run as they come: {@value #FILE} in the run folder, one JSON object per line
 * with "stage", "epoch", "step", "seconds" and one number per series. Numbers that are not finite
 * are written as the strings "NaN", "Infinity" and "-Infinity", which JSON has no numbers for.
 *
 * <p>A line is in the file when {@link #append} returns. When the process is killed while it
 * writes, the half line at the end is dropped the next time the log is opened. The same numbers go
 * to TensorBoard, into the folder {@value EventFiles#FOLDER} of the run folder. Thread-safe.
 */
public final class MetricsLog implements AutoCloseable {
  /** Name of the file in a run folder. */
  public static final String FILE = "metrics.jsonl";

  /** Name of the table in a run folder. */
  public static final String TABLE = "metrics.csv";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> KEYS = List.of("stage", "epoch", "step", "seconds");

  private final Path file;

  /** Not a channel: that would be closed by the interruption of a thread that writes. */
  private final RandomAccessFile out;

  private final EventFiles events;

  private MetricsLog(Path file, RandomAccessFile out, EventFiles events) {
    this.file = file;
    this.out = out;
    this.events = events;
  }

  /**
   * Opens the log of a run folder to go on at its end; creates it when it is not there.
   *
   * @throws DataException when it cannot be opened
   */
  public static MetricsLog open(Path run) {
    Path file = run.resolve(FILE);
    try {
      Files.createDirectories(run);
      EventFiles events = new EventFiles(run, Clock.systemUTC());
      MetricsLog log = new MetricsLog(file, new RandomAccessFile(file.toFile(), "rw"), events);
      log.cut(wholeLines(Files.readString(file)));
      return log;
    } catch (IOException e) {
      throw new DataException(file + " cannot be opened: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Adds a line.
   *
   * @throws DataException when it cannot be written
   */
  public synchronized void append(MetricsLine line) {
    ObjectNode node = JSON.createObjectNode();
    node.put("stage", line.stage());
    node.put("epoch", line.epoch());
    node.put("step", line.step());
    node.put("seconds", line.seconds());
    for (Map.Entry<String, Double> entry : line.series().entrySet()) {
      if (KEYS.contains(entry.getKey())) {
        throw new IllegalArgumentException(
            "a series cannot be named '" + entry.getKey() + "': the line itself has that key");
      }
      node.put(entry.getKey(), entry.getValue());
    }
    try {
      out.write((node + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new DataException(file + " cannot be written: " + e.getMessage() + ".", e);
    }
    events.append(line);
  }

  /**
   * Takes the log back to a checkpoint: drops every line after the last one of this stage whose
   * step is not larger than {@code step}, lines of stages that follow included, so that the file of
   * a resumed run ends up like that of an uninterrupted one. A stage that has no line yet leaves
   * the stages before it as they are.
   */
  public synchronized void truncateAfter(String stage, long step) {
    try {
      String text = Files.readString(file);
      int end = 0;
      int number = 0;
      boolean reached = false;
      for (int from = 0; from < text.length(); from = text.indexOf('\n', from) + 1) {
        MetricsLine line = parse(file, ++number, text.substring(from, text.indexOf('\n', from)));
        boolean here = line.stage().equals(stage);
        if (here ? line.step() > step : reached) {
          break;
        }
        reached |= here;
        end = text.indexOf('\n', from) + 1;
      }
      forget(text.substring(end), number);
      cut(text.substring(0, end));
    } catch (IOException e) {
      throw new DataException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** Has TensorBoard forget the lines that are dropped. */
  private void forget(String dropped, int number) {
    Map<String, Long> first = new LinkedHashMap<>();
    int at = number;
    for (String text : dropped.lines().toList()) {
      MetricsLine line = parse(file, at++, text);
      first.merge(line.stage(), line.step(), Math::min);
    }
    first.forEach(events::forget);
  }

  private void cut(String kept) throws IOException {
    long length = kept.getBytes(StandardCharsets.UTF_8).length;
    out.setLength(length);
    out.seek(length);
    out.getFD().sync();
  }

  private static String wholeLines(String text) {
    return text.substring(0, text.lastIndexOf('\n') + 1);
  }

  @Override
  public synchronized void close() {
    events.close();
    try {
      out.getFD().sync();
      out.close();
    } catch (IOException e) {
      throw new DataException(file + " cannot be closed: " + e.getMessage() + ".", e);
    }
  }

  /**
   * The lines of a run folder's log, in their order; none when there is no log. A half line at the
   * end, left by a process that was killed, is not among them.
   *
   * @throws DataException for a file that cannot be read, or a line that is not one of the log's
   */
  public static List<MetricsLine> read(Path run) {
    Path file = run.resolve(FILE);
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      List<MetricsLine> lines = new ArrayList<>();
      for (String line : wholeLines(Files.readString(file)).lines().toList()) {
        lines.add(parse(file, lines.size() + 1, line));
      }
      return lines;
    } catch (IOException e) {
      throw new DataException(file + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  private static MetricsLine parse(Path file, int number, String text) {
    JsonNode node;
    try {
      node = JSON.readTree(text);
    } catch (JacksonException e) {
      throw damaged(file, number, text, e);
    }
    if (!node.path("stage").isTextual()
        || !node.path("epoch").canConvertToInt()
        || !node.path("step").canConvertToLong()
        || !node.path("seconds").isNumber()) {
      throw damaged(file, number, text, null);
    }
    Map<String, Double> series = new LinkedHashMap<>();
    for (Iterator<Map.Entry<String, JsonNode>> it = node.fields(); it.hasNext(); ) {
      Map.Entry<String, JsonNode> entry = it.next();
      if (!KEYS.contains(entry.getKey())) {
        try {
          series.put(entry.getKey(), Double.valueOf(entry.getValue().asText()));
        } catch (NumberFormatException e) {
          throw damaged(file, number, text, e);
        }
      }
    }
    return new MetricsLine(
        node.get("stage").asText(),
        node.get("epoch").asInt(),
        node.get("step").asLong(),
        node.get("seconds").asDouble(),
        series);
  }

  private static DataException damaged(Path file, int number, String text, Exception cause) {
    return new DataException(
        file
            + ", line "
            + number
            + ", is not a line of metrics: found '"
            + text.substring(0, Math.min(80, text.length()))
            + "', expected a JSON object with stage, epoch, step, seconds and numbers; remove it.",
        cause);
  }

  /**
   * Writes the log as one wide table, {@value #TABLE}: a row per line, a column per series in
   * alphabetical order, empty where a line lacks it.
   */
  public static void writeTable(Path run) {
    List<MetricsLine> lines = read(run);
    Set<String> names = new TreeSet<>();
    lines.forEach(line -> names.addAll(line.series().keySet()));
    StringBuilder csv = new StringBuilder(String.join(",", KEYS));
    names.forEach(name -> csv.append(',').append(cell(name)));
    for (MetricsLine line : lines) {
      csv.append('\n').append(cell(line.stage())).append(',').append(line.epoch());
      csv.append(',').append(line.step()).append(',').append(line.seconds());
      for (String name : names) {
        Double value = line.series().get(name);
        csv.append(',').append(value == null ? "" : value.toString());
      }
    }
    byte[] bytes = csv.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(run.resolve(TABLE), out -> out.write(bytes));
  }

  /** Quoted as RFC 4180 says, when it has to be. */
  private static String cell(String text) {
    boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
