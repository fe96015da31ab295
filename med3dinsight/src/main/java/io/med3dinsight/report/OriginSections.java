package io.med3dinsight.report;

import com.fasterxml.jackson.core.JacksonException;
import io.med3dinsight.DataException;
import io.med3dinsight.report.Html.Cell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the page says about where the run comes from: its settings, program and machine. */
final class OriginSections {
  private static final String CONFIGURATION = "config.yaml";

  private final Html html;
  private final Provenance provenance;

  /**
   * @param provenance null when the run has none
   */
  OriginSections(Html html, Provenance provenance) {
    this.html = html;
    this.provenance = provenance;
  }

  /** The run's provenance; null when there is none. */
  static Provenance provenance(Path run) throws IOException {
    Path file = run.resolve(Provenance.FILE);
    if (!Files.exists(file)) {
      return null;
    }
    try {
      return Provenance.read(run);
    } catch (JacksonException e) {
      throw new DataException(
          file + " is not a record of provenance: " + e.getOriginalMessage() + ".", e);
    }
  }

  void configuration(Path run) throws IOException {
    html.heading("Configuration");
    Path file = run.resolve(CONFIGURATION);
    if (Files.exists(file)) {
      blocks(Files.readString(file).strip());
    } else {
      html.paragraph("This run has no " + CONFIGURATION + ".");
    }
  }

  /** In columns, of which none ends within a group of settings. */
  private void blocks(String yaml) {
    html.raw("<pre class=\"columns\">");
    StringBuilder block = new StringBuilder();
    for (String line : yaml.lines().toList()) {
      if (!block.isEmpty() && !line.startsWith(" ") && !line.startsWith("-")) {
        html.raw("<span>" + Text.html(block.toString()) + "</span>");
        block.setLength(0);
      }
      block.append(line).append('\n');
    }
    html.raw("<span>" + Text.html(block.toString()) + "</span></pre>\n");
  }

  void origin() {
    html.heading("Provenance");
    if (provenance == null) {
      html.paragraph("This run has no " + Provenance.FILE + ".");
      return;
    }
    Build program = provenance.program();
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("program", program.version() + ", commit " + program.commit());
    entries.put(
        "command",
        provenance.command().isEmpty()
            ? "called from Java"
            : String.join(" ", provenance.command()));
    entries.put("seed", Long.toString(provenance.seed()));
    entries.put("started", seconds(provenance.started()));
    entries.put(
        "finished",
        provenance.finished() == null
            ? "not yet when this page was written"
            : seconds(provenance.finished()) + ", after " + Text.duration(time(provenance)));
    machine(entries);
    entries.put("libraries", libraries(program));
    html.definitions(entries);
    inputs();
  }

  private void machine(Map<String, String> entries) {
    Machine machine = provenance.machine();
    entries.put(
        "processor",
        machine.cpu()
            + "; "
            + provenance.threads()
            + " of "
            + Text.count(machine.processors(), "thread")
            + " used");
    entries.put("inner loops", machine.simd());
    entries.put(
        "memory",
        gib(machine.memoryBytes()) + ", of which Java may use " + gib(machine.maxHeapBytes()));
    entries.put("Java", machine.java());
    entries.put("system", machine.os());
  }

  private void inputs() {
    if (provenance.inputs().isEmpty()) {
      return;
    }
    List<List<Cell>> rows = new ArrayList<>();
    provenance
        .inputs()
        .forEach((name, hash) -> rows.add(List.of(Cell.of(name), new Cell(hash, "mono"))));
    html.raw("<details><summary>");
    html.raw(Text.html(Text.count(rows.size(), "input file") + " with SHA-256"));
    html.raw("</summary>\n");
    html.table(List.of("file", "SHA-256"), rows);
    html.raw("</details>\n");
  }

  /** How long the run took; it must have finished. */
  static Duration time(Provenance p) {
    return Duration.between(Instant.parse(p.started()), Instant.parse(p.finished()));
  }

  private static String seconds(String instant) {
    String utc = Instant.parse(instant).truncatedTo(ChronoUnit.SECONDS).toString();
    return utc.replace('T', ' ').replace("Z", " UTC");
  }

  private static String libraries(Build program) {
    List<String> names = new ArrayList<>();
    program.libraries().forEach((name, version) -> names.add(name + " " + version));
    return String.join(", ", names);
  }

  private static String gib(long bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
  }
}
