package io.med3dinsight.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.med3dinsight.UsageException;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.nn.checkpoint.TensorSource;
import io.med3dinsight.nn.checkpoint.Weights;
import io.med3dinsight.report.ThreePlanes;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.ImageInfo;
import io.med3dinsight.volume.NpzFile;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Statistics;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what was understood of a file. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Show what was understood of an image, a DICOM series or a checkpoint, as stored.",
      "Images: shape, voxel sizes, affine in RAS mm, type and intensities of all frames."
          + " A folder of images: a line for each, from its header."
          + " Weights (.safetensors, .pth, .pt, .bin, .npz): names, shapes and types."
    })
final class InspectCommand implements Callable<Integer> {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE|FOLDER", description = "What to look at.")
  private Path input;

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Option(
      names = "--png",
      paramLabel = "FILE",
      description = "Write a picture of the middle slices in three planes.")
  private Path png;

  @Mixin private ReadChoice choice;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (choice.options().series() == null && FolderListing.applies(input)) {
      return folder(out);
    }
    Map<String, Object> findings =
        Weights.isWeights(input) ? checkpoint() : isTable() ? arrays() : image();
    if (json) {
      out.println(MAPPER.writeValueAsString(findings));
    } else {
      findings.forEach((name, value) -> print(out, name, value));
    }
    out.flush();
    return 0;
  }

  private int folder(PrintWriter out) throws IOException {
    if (png != null) {
      throw new UsageException(
          "--png draws one image, and " + input + " holds several: name one of them.");
    }
    FolderListing listing = FolderListing.of(input);
    if (json) {
      out.println(MAPPER.writeValueAsString(listing.json()));
    } else {
      listing.lines().forEach(out::println);
    }
    out.flush();
    return listing.read() > 0 ? 0 : Failure.DATA;
  }

  private static void print(PrintWriter out, String name, Object value) {
    if (value instanceof List<?> rows && !rows.isEmpty() && isLong(rows)) {
      out.println(name);
      rows.forEach(row -> out.println("  " + text(row)));
    } else {
      out.printf(Locale.ROOT, "%-18s %s%n", name, text(value));
    }
  }

  /** A list whose elements take a line each: rows of a matrix, sentences, tensors. */
  private static boolean isLong(List<?> rows) {
    return !(rows.get(0) instanceof Number);
  }

  private static String text(Object value) {
    if (value instanceof List<?> list) {
      return String.join(" ", list.stream().map(InspectCommand::text).toList());
    }
    if (value instanceof Map<?, ?> map) {
      return String.join("  ", map.values().stream().map(v -> v + "").toList());
    }
    return value instanceof Double d ? number(d) : value + "";
  }

  private static String number(double d) {
    return d == Math.rint(d) && Math.abs(d) < 1e15
        ? String.format(Locale.ROOT, "%.0f", d)
        : String.format(Locale.ROOT, "%.6g", d);
  }

  private Map<String, Object> image() {
    ReadOptions options = choice.options();
    ImageInfo info = VolumeReader.info(input, options);
    Statistics statistics = VolumeReader.statistics(input, options);
    Map<String, Object> findings = new LinkedHashMap<>();
    findings.put("file", input.toString());
    findings.put("format", info.format());
    findings.put("shape", info.shape());
    findings.put("zooms", info.zooms());
    findings.put("affine", rows(info.affine()));
    findings.put("axes", info.axes());
    findings.put("dtype", info.dtype().name().toLowerCase(Locale.ROOT));
    findings.put("min", finite(statistics.min()));
    findings.put("max", finite(statistics.max()));
    findings.put("mean", finite(statistics.mean()));
    if (statistics.notFinite() > 0) {
      findings.put("notFinite", statistics.notFinite());
    }
    findings.putAll(info.details());
    if (!info.warnings().isEmpty()) {
      findings.put("warnings", info.warnings());
    }
    if (png != null) {
      boolean any = options.frame() == null && info.frames() > 1;
      ReadOptions first = any ? new ReadOptions(0, options.series(), options.array()) : options;
      new ThreePlanes(VolumeReader.volume(input, first)).write(png);
      findings.put("picture", png.toString() + (any ? " (frame 0)" : ""));
    }
    return findings;
  }

  /** JSON has no NaN. */
  private static Object finite(double v) {
    return Double.isFinite(v) ? v : null;
  }

  private static List<List<Double>> rows(Affine affine) {
    List<List<Double>> rows = new ArrayList<>();
    for (int r = 0; r < 4; r++) {
      rows.add(List.of(affine.at(r, 0), affine.at(r, 1), affine.at(r, 2), affine.at(r, 3)));
    }
    return rows;
  }

  private Map<String, Object> checkpoint() {
    Map<String, Object> findings = new LinkedHashMap<>();
    try (TensorSource file = Weights.open(input)) {
      findings.put("file", file.path().toString());
      if (file instanceof SafetensorsFile safetensors) {
        findings.put("format", "safetensors");
        findings.put("metadata", safetensors.metadata());
      } else {
        boolean index = file.path().toString().endsWith(".json");
        findings.put("format", index ? "safetensors with an index" : "PyTorch");
      }
      List<Map<String, Object>> tensors = new ArrayList<>();
      for (String name : file.names()) {
        List<Integer> shape = Arrays.stream(file.shape(name).toArray()).boxed().toList();
        tensors.add(tensor(name, shape, file.dtype(name)));
      }
      findings.put("tensors", tensors);
    }
    return findings;
  }

  private static Map<String, Object> tensor(String name, Object shape, String dtype) {
    Map<String, Object> tensor = new LinkedHashMap<>();
    tensor.put("name", name);
    tensor.put("shape", shape);
    tensor.put("dtype", dtype);
    return tensor;
  }

  /** Several arrays in one file, of which none was chosen: weights, or a data set. */
  private boolean isTable() {
    return input.toString().endsWith(".npz")
        && choice.options().array() == null
        && Files.isRegularFile(input)
        && NpzFile.isNpz(input)
        && NpzFile.open(input).images().size() != 1;
  }

  private Map<String, Object> arrays() {
    NpzFile file = NpzFile.open(input);
    Map<String, Object> findings = new LinkedHashMap<>();
    findings.put("file", input.toString());
    findings.put("format", "NumPy");
    List<Map<String, Object>> tensors = new ArrayList<>();
    for (String name : file.names()) {
      tensors.add(tensor(name, file.shape(name), file.dtype(name)));
    }
    findings.put("tensors", tensors);
    return findings;
  }
}
