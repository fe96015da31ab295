package io.med3dinsight.bench.pytorch;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.med3dinsight.bench.pytorch.Interleaved.Effort;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.report.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.global.torch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares the engine with PyTorch, both in this process, in turns, with two threads each. */
@Command(
    name = "Comparison",
    mixinStandardHelpOptions = true,
    description = "Measures the engine and PyTorch side by side.")
public final class Comparison implements Callable<Integer> {
  static final int THREADS = 2;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Parameters(paramLabel = "ROW", description = "Rows to measure; all when none is given.")
  private List<String> rows = new ArrayList<>();

  @Option(names = "--list", description = "Print the names of the rows and end.")
  private boolean list;

  @Option(names = "--markdown", paramLabel = "FILE", description = "Write the table to this file.")
  private Path markdown;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results to this file.")
  private Path json;

  @Option(
      names = "--keep",
      description = "Keep results in the --json file that are not measured anew.")
  private boolean keep;

  @Option(
      names = "--rounds",
      defaultValue = "10",
      description = "Turns of each side (${DEFAULT-VALUE}).")
  private int rounds;

  public static void main(String[] args) {
    System.exit(new CommandLine(new Comparison()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    List<String> names = Rows.names();
    if (list) {
      names.forEach(System.out::println);
      return 0;
    }
    for (String r : rows) {
      if (!names.contains(r)) {
        throw new IllegalArgumentException(
            "There is no row '" + r + "'; the rows are " + String.join(", ", names) + ".");
      }
    }
    Peer.prepare(THREADS);
    Map<String, Result> results = new LinkedHashMap<>();
    if (keep) {
      earlier().forEach(r -> results.put(r.key(), r));
    }
    Device device = Device.cpu(THREADS);
    Rows runner = new Rows(device, new Effort(rounds, 60, 600, 12, 250), Stamp.now());
    for (String name : names) {
      if (rows.isEmpty() || rows.contains(name)) {
        for (Result r : runner.run(name)) {
          results.put(r.key(), r);
          System.out.printf(
              "%-24s %-18s %9.2f %s, PyTorch %9.2f %-14s ratio %.3f (%.2f %.2f %.2f) %s%n",
              r.row(),
              r.mode(),
              r.ours(),
              r.unit(),
              r.theirs(),
              r.variant(),
              r.ratio(),
              r.low(),
              r.median(),
              r.high(),
              r.verdict());
        }
      }
    }
    write(ordered(results, names));
    return 0;
  }

  private List<Result> earlier() throws IOException {
    if (json == null || !Files.exists(json)) {
      return List.of();
    }
    return JSON.readValue(json.toFile(), new TypeReference<List<Result>>() {});
  }

  private static List<Result> ordered(Map<String, Result> results, List<String> names) {
    List<Result> all = new ArrayList<>(results.values());
    all.sort((a, b) -> Integer.compare(names.indexOf(a.row()), names.indexOf(b.row())));
    return all;
  }

  private void write(List<Result> results) throws IOException {
    String peer =
        torch.show_config().getString().replaceAll("(?s).*TORCH_VERSION=([^,]*),.*", "PyTorch $1")
            + " with BLAS from "
            + System.getProperty("org.bytedeco.openblas.load", "OpenBLAS");
    boolean anew = markdown == null || !Files.exists(markdown);
    String earlier = anew ? "" : Files.readString(markdown);
    String table = ResultTable.markdown(results, Machine.current(), peer, earlier);
    System.out.println();
    System.out.print(table);
    if (markdown != null) {
      Files.writeString(markdown, table);
    }
    if (json != null) {
      JSON.writeValue(json.toFile(), results);
    }
  }
}
