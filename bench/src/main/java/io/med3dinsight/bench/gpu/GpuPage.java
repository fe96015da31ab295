package io.med3dinsight.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Puts what {@link GpuBenchmark} and {@code gpu_peer.py} measured side by side, as Markdown. */
@Command(
    name = "GpuPage",
    mixinStandardHelpOptions = true,
    description = "Writes the table of two measurements.")
public final class GpuPage implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(names = "--ours", required = true, paramLabel = "FILE")
  private Path ours;

  @Option(
      names = "--peer",
      paramLabel = "FILE",
      description = "Left out where PyTorch did not run.")
  private Path peer;

  @Option(names = "--markdown", required = true, paramLabel = "FILE")
  private Path markdown;

  public static void main(String[] args) {
    System.exit(new CommandLine(new GpuPage()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    JsonNode mine = JSON.readTree(ours.toFile());
    JsonNode theirs = peer == null ? null : JSON.readTree(peer.toFile());
    Files.writeString(markdown, page(mine, theirs));
    return 0;
  }

  /** The page; {@code theirs} may be null. */
  static String page(JsonNode mine, JsonNode theirs) {
    double copy = mine.get("copyGBs").asDouble();
    StringBuilder sb = new StringBuilder();
    sb.append(mine.path("simulated").asBoolean() ? simulated(mine) : measured(mine, theirs));
    sb.append("| row | mode | ours, ms | PyTorch, ms | ratio | of copy bandwidth | note |\n");
    sb.append("|---|---|---:|---:|---:|---:|---|\n");
    Map<String, JsonNode> index = index(theirs);
    for (JsonNode r : mine.get("results")) {
      JsonNode other = index.get(key(r));
      sb.append(mine.path("simulated").asBoolean() ? ran(r, other) : row(r, other, copy));
    }
    return sb.toString();
  }

  /** What stands above the table where there was no GPU: rows ran, but times mean nothing. */
  private static String simulated(JsonNode mine) {
    return String.format(
        Locale.ROOT,
        "**Simulated: no times.** %s, %s, %s. The rows ran, at sizes made for that.%n%n",
        mine.get("device").asText(),
        mine.get("precision").asText(),
        mine.get("backend").asText());
  }

  private static String measured(JsonNode mine, JsonNode theirs) {
    return String.format(
        Locale.ROOT,
        "%s, %s, %s. A copy on the device moves %.0f GB/s here%s. Milliseconds are the least of"
            + " %d rounds; the ratio is ours / theirs, with that of the slowest rounds in"
            + " brackets; below 1 we are faster.%n%n",
        mine.get("device").asText(),
        mine.get("precision").asText(),
        mine.get("backend").asText(),
        mine.get("copyGBs").asDouble(),
        theirs == null
            ? "; PyTorch did not run"
            : String.format(
                Locale.ROOT,
                " and %.0f in %s",
                theirs.get("copyGBs").asDouble(),
                theirs.get("peer").asText()),
        GpuBenchmark.ROUNDS);
  }

  private static String row(JsonNode r, JsonNode theirs, double copy) {
    double[] a = sorted(r);
    double bytes = r.get("bytes").asDouble();
    String bandwidth =
        bytes > 0 ? String.format(Locale.ROOT, "%.2f", bytes / a[0] / 1e6 / copy) : "";
    String other = "";
    String ratio = "";
    String note = r.get("note").asText();
    if (theirs != null) {
      double[] b = sorted(theirs);
      other = String.format(Locale.ROOT, "%.4g", b[0]);
      ratio =
          String.format(Locale.ROOT, "%.2f (%.2f)", a[0] / b[0], a[a.length - 1] / b[b.length - 1]);
      String variant = theirs.get("variant").asText();
      note = variant.isEmpty() ? note : (note + " PyTorch: " + variant).strip();
    }
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.4g | %s | %s | %s | %s |%n",
        r.get("row").asText(),
        r.get("mode").asText(),
        a[0],
        other,
        ratio,
        bandwidth,
        note);
  }

  /** A row without times. */
  private static String ran(JsonNode r, JsonNode theirs) {
    return String.format(
        Locale.ROOT,
        "| %s | %s | ran | %s | | | |%n",
        r.get("row").asText(),
        r.get("mode").asText(),
        theirs == null ? "" : "ran on the CPU");
  }

  private static double[] sorted(JsonNode r) {
    JsonNode ms = r.get("ms");
    double[] values = new double[ms.size()];
    Arrays.setAll(values, i -> ms.get(i).asDouble());
    Arrays.sort(values);
    return values;
  }

  private static Map<String, JsonNode> index(JsonNode page) {
    Map<String, JsonNode> index = new LinkedHashMap<>();
    if (page != null) {
      page.get("results").forEach(r -> index.put(key(r), r));
    }
    return index;
  }

  private static String key(JsonNode r) {
    // A step replayed as a graph is measured against the same step of the peer.
    String mode = r.get("mode").asText().replace(", graph", "");
    return String.join("/", List.of(r.get("row").asText(), mode));
  }
}
