package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import java.io.Closeable;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A training state in one safetensors file: the module's parameters and buffers under their own
 * names, further tensors in named sections ({@code optimizer/exp_avg/encoder.conv.weight}, {@code
 * ema/encoder.conv.weight}), and JSON texts in the header's metadata: {@code format_version},
 * {@code network} (kind and config) and {@code state}. Tensors have PyTorch's axis order, so that
 * {@code load_state_dict} takes the entries without a slash.
 *
 * <pre>{@code
 * Checkpoint.writer(new Network("unet", config)).module(net).section("optimizer", optimizer.namedState())
 *     .state(stepState.toJson()).write(path);
 *
 * try (Checkpoint c = Checkpoint.open(path)) {
 *   c.restore(net, new Network("unet", config));
 *   c.restoreSection("optimizer", optimizer.namedState(), net);
 * }
 * }</pre>
 */
public final class Checkpoint implements Closeable {
  /** Version of the arrangement described above. */
  public static final int FORMAT_VERSION = 1;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final SafetensorsFile file;

  private Checkpoint(SafetensorsFile file) {
    this.file = file;
  }

  // ---- writing

  /** Starts a checkpoint of {@code network}. */
  public static Writer writer(Network network) {
    return new Writer(network);
  }

  /** Gathers what goes into the file. The tensors are read when the file is written. */
  public static final class Writer {
    private final SafetensorsWriter out = new SafetensorsWriter();
    private final Map<String, Module.State> known = new LinkedHashMap<>();

    private Writer(Network network) {
      out.metadata("format", "pt");
      out.metadata("producer", "med3dinsight");
      out.metadata("format_version", Integer.toString(FORMAT_VERSION));
      out.metadata(
          "network",
          JSON.createObjectNode()
              .put("kind", network.kind())
              .set("config", network.config())
              .toString());
    }

    /** Adds the parameters and buffers of {@code module}. */
    public Writer module(Module module) {
      known.putAll(module.namedState());
      Weights.add(out, module);
      return this;
    }

    /**
     * Adds tensors under {@code section/}; one named after a parameter ({@code
     * exp_avg/conv.weight}) takes its axis order.
     */
    public Writer section(String section, Map<String, Tensor> tensors) {
      tensors.forEach(
          (name, t) -> Weights.add(out, section + "/" + name, t, layoutOf(name, known)));
      return this;
    }

    /** Adds the JSON state: step, epoch, random positions and whatever else a resumed run needs. */
    public Writer state(JsonNode state) {
      out.metadata("state", state.toString());
      return this;
    }

    /**
     * Writes the file; at every moment its path holds either the previous checkpoint or this one.
     *
     * @throws CheckpointException when it cannot be written
     */
    public void write(Path path) {
      out.write(path);
    }
  }

  private static Layout layoutOf(String name, Map<String, Module.State> known) {
    Module.State s = known.get(name.substring(name.lastIndexOf('/') + 1));
    return s == null ? Layout.SAME : s.layout();
  }

  // ---- reading

  /**
   * Opens a checkpoint and checks its header.
   *
   * @throws CheckpointException when the file is not whole, or was written by a later version
   */
  public static Checkpoint open(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    String version = file.metadata().getOrDefault("format_version", "1");
    if (!version.equals(Integer.toString(FORMAT_VERSION))) {
      file.close();
      throw new CheckpointException(
          "Checkpoint '"
              + path
              + "' has format version "
              + version
              + ", but this program reads version "
              + FORMAT_VERSION
              + ".");
    }
    return new Checkpoint(file);
  }

  /**
   * The network that the file names.
   *
   * @throws CheckpointException when it names none
   */
  public Network network() {
    JsonNode n = json("network");
    if (!n.path("kind").isTextual()) {
      throw new CheckpointException(
          "Checkpoint '" + file.path() + "' does not say which network it belongs to.");
    }
    return new Network(n.get("kind").textValue(), n.path("config"));
  }

  /**
   * The JSON state that the writer was given.
   *
   * @throws CheckpointException when there is none
   */
  public JsonNode state() {
    return json("state");
  }

  private JsonNode json(String key) {
    String text = file.metadata().get(key);
    if (text == null) {
      throw new CheckpointException(
          "Checkpoint '" + file.path() + "' has no entry '" + key + "' in its metadata.");
    }
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          "Checkpoint '"
              + file.path()
              + "' has an entry '"
              + key
              + "' in its metadata that is not valid JSON.",
          e);
    }
  }

  /** Whether the file holds tensors under {@code section/}. */
  public boolean hasSection(String section) {
    return file.names().stream().anyMatch(n -> n.startsWith(section + "/"));
  }

  /**
   * Copies parameters and buffers into a module that must be the very network of the file.
   *
   * @throws CheckpointException naming both networks when they differ, or the tensors that do not
   *     fit
   */
  public LoadReport restore(Module module, Network expected) {
    Network found = network();
    // As text: a number parsed from text may be of another Java type than the one it was written
    // from.
    if (!found.toString().equals(expected.toString())) {
      throw new CheckpointException(
          "Checkpoint '"
              + file.path()
              + "' holds another network: it was written by "
              + found
              + ", but "
              + expected
              + " is expected.");
    }
    // Nothing is copied before everything is known to fit.
    LoadReport report = LoadPlan.of(module, file, Renaming.none()).report();
    if (!report.complete()) {
      throw new CheckpointException(
          "Checkpoint '"
              + file.path()
              + "' does not fit the network "
              + expected
              + ": "
              + report.summary()
              + ".");
    }
    return load(module, "");
  }

  /**
   * Copies what fits: for a part of a network, or one with other heads.
   *
   * @param prefix what the file's names have before the module's, for example {@code encoder.}; may
   *     be empty
   * @throws CheckpointException when nothing fits
   */
  public LoadReport load(Module module, String prefix) {
    return Weights.load(module, file, new Renaming(prefix, ""));
  }

  /**
   * Copies a section into tensors that must be the very ones that were written.
   *
   * @param module whose parameters the tensors are named after
   * @throws CheckpointException naming the first tensor that is missing, superfluous or of another
   *     shape
   */
  public void restoreSection(String section, Map<String, Tensor> tensors, Module module) {
    Map<String, Module.State> known = module.namedState();
    String prefix = section + "/";
    for (String stored : file.names()) {
      if (stored.startsWith(prefix) && !tensors.containsKey(stored.substring(prefix.length()))) {
        throw new CheckpointException(
            "Checkpoint '"
                + file.path()
                + "' holds '"
                + stored
                + "', which this run does not have; was it written with other settings?");
      }
    }
    tensors.forEach(
        (name, t) -> {
          Shape shape = layoutOf(name, known).torchShape(t.shape());
          if (!file.names().contains(prefix + name) || !file.shape(prefix + name).equals(shape)) {
            throw new CheckpointException(
                "Checkpoint '"
                    + file.path()
                    + "' has no tensor '"
                    + prefix
                    + name
                    + "' of shape "
                    + shape
                    + "; was it written with other settings?");
          }
        });
    tensors.forEach((name, t) -> copy(prefix + name, t, layoutOf(name, known)));
  }

  private void copy(String stored, Tensor t, Layout layout) {
    t.copyFrom(layout.fromTorch(file.floats(stored), t.shape()));
  }

  @Override
  public void close() {
    file.close();
  }
}
