package io.med3dinsight.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.report.Curves.Chart;
import io.med3dinsight.report.Html.Cell;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the page says about training: its stages, their curves, and what pretraining learned. */
final class TrainingSections {
  private static final String PRETRAIN = "pretrain";

  private static final Map<String, String> MEANING =
      Map.of(
          "loss", "weighted sum that training minimises",
          "loss.image", "how far the volume's slice embeddings are from those of the slice images",
          "loss.text", "how far the volume's slice embeddings are from those of the texts",
          "loss.reconstruction", "mean squared error of the rebuilt volume");

  private final Html html;
  private final Map<String, List<MetricsLine>> stages = new LinkedHashMap<>();
  private final List<Chart> charts;

  TrainingSections(Html html, List<MetricsLine> lines) {
    this.html = html;
    for (MetricsLine line : lines) {
      stages.computeIfAbsent(line.stage(), s -> new ArrayList<>()).add(line);
    }
    charts = Curves.of(lines);
  }

  /**
   * The stages and curves.
   *
   * @param folder where the curves are to be written as PNG
   */
  void training(Path folder) throws IOException {
    html.heading("Training");
    if (stages.isEmpty()) {
      html.paragraph("This run has no record of training (" + MetricsLog.FILE + ").");
      return;
    }
    List<List<Cell>> rows = new ArrayList<>();
    stages.forEach(
        (stage, lines) -> {
          MetricsLine last = lines.get(lines.size() - 1);
          rows.add(
              List.of(
                  Cell.of(stage),
                  Cell.number(
                      Long.toString(lines.stream().map(MetricsLine::epoch).distinct().count())),
                  Cell.number(Long.toString(last.step())),
                  Cell.number(Text.duration(Duration.ofMillis((long) (last.seconds() * 1000)))),
                  Cell.number(mean(lines, lines.get(0).epoch(), "loss")),
                  Cell.number(mean(lines, last.epoch(), "loss"))));
        });
    html.table(
        List.of("stage", "epochs", "steps", "time", "loss, first epoch", "loss, last epoch"), rows);
    if (charts.isEmpty()) {
      html.paragraph("There is nothing to draw: no loss and no Dice was recorded.");
    } else if (Lettering.missing().isPresent()) {
      html.paragraph("The curves could not be drawn. " + Lettering.missing().get());
    } else {
      html.raw("<div class=\"pair\">\n");
      for (Chart chart : charts) {
        Path png = folder.resolve(chart.name() + ".png");
        Curves.write(chart, png);
        html.picture("curve", png, chart.title(), chart.note());
      }
      html.raw("</div>\n");
    }
  }

  /**
   * What pretraining learned.
   *
   * @param results what metrics.json holds below "pretrain"; missing or empty when nothing
   */
  void pretraining(JsonNode results) {
    html.heading("What pretraining learned");
    List<MetricsLine> lines = stages.getOrDefault(PRETRAIN, List.of());
    if (lines.isEmpty() && results.isEmpty()) {
      html.paragraph("This run has no pretraining stage.");
      return;
    }
    html.paragraph(
        "Without any label, the 3D encoder learned to name what a slice of its volume shows: from"
            + " the whole volume, a plane and a slice position it predicts the embedding that a"
            + " frozen 2D encoder gives to that slice and to the text that describes it.");
    losses(lines);
    if (!results.isEmpty()) {
      html.smallHeading("Measured afterwards");
      numbers(results, "");
      if (results.toString().contains("retrieval")) {
        html.note(
            "Retrieval accuracy: how often the right partner is the nearest among all candidates;"
                + " chance is one in the number of candidates.");
      }
    }
  }

  /** Whether there was a pretraining stage. */
  boolean pretrained() {
    return stages.containsKey(PRETRAIN);
  }

  private void losses(List<MetricsLine> lines) {
    Set<String> names = new LinkedHashSet<>();
    lines.forEach(line -> names.addAll(line.series().keySet()));
    List<List<Cell>> rows = new ArrayList<>();
    for (String name : names) {
      if (name.startsWith("loss")) {
        rows.add(
            List.of(
                Cell.of(name),
                Cell.number(mean(lines, lines.get(0).epoch(), name)),
                Cell.number(mean(lines, lines.get(lines.size() - 1).epoch(), name)),
                Cell.of(MEANING.getOrDefault(name, ""))));
      }
    }
    if (!rows.isEmpty()) {
      html.table(List.of("series", "first epoch", "last epoch", "meaning"), rows);
    }
  }

  /** Mean of a series over the lines of one epoch. */
  private static String mean(List<MetricsLine> lines, int epoch, String name) {
    return lines.stream()
        .filter(line -> line.epoch() == epoch && line.series().containsKey(name))
        .mapToDouble(line -> line.series().get(name))
        .average()
        .stream()
        .mapToObj(Text::number)
        .findFirst()
        .orElse("not recorded");
  }

  /** Other results of the run; nothing at all when there are none. */
  void further(JsonNode results) {
    if (!results.isEmpty()) {
      html.heading("Further results");
      numbers(results, "");
    }
  }

  private void numbers(JsonNode results, String prefix) {
    Map<String, String> flat = new LinkedHashMap<>();
    flatten(results, prefix, flat);
    List<List<Cell>> rows = new ArrayList<>();
    flat.forEach((name, value) -> rows.add(List.of(Cell.of(name), Cell.number(value))));
    html.table(List.of("name", "value"), rows);
  }

  private static void flatten(JsonNode node, String name, Map<String, String> into) {
    if (node.isObject()) {
      node.fields()
          .forEachRemaining(
              entry ->
                  flatten(
                      entry.getValue(),
                      name.isEmpty() ? entry.getKey() : name + "." + entry.getKey(),
                      into));
    } else if (node.isNumber()) {
      into.put(name, Text.number(node.asDouble()));
    } else {
      into.put(name, node.isValueNode() ? node.asText() : node.toString());
    }
  }
}
