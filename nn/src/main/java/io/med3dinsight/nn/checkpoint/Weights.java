package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.Module;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Weights of other programs: reads safetensors (whole or sharded) and PyTorch's .pth, .pt and .bin,
 * finds out how their names relate to a module's, and writes files that {@code load_state_dict}
 * takes.
 *
 * <pre>{@code
 * try (TensorSource source = Weights.open(path)) {
 *   LoadReport report = Weights.load(encoder, source);
 *   System.out.println(report.summary());
 * }
 * }</pre>
 */
public final class Weights {
  /** What a folder is searched for, in this order. */
  private static final List<String> IN_FOLDER =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "open_clip_model.safetensors",
          "open_clip_pytorch_model.bin",
          "pytorch_model.bin");

  private static final Pattern NAMED =
      Pattern.compile("\\.(safetensors|safetensors\\.index\\.json|pth|pt|bin|ckpt)$");

  private static final int SAFETENSORS_START = 9;

  private Weights() {}

  /**
   * Opens a file of weights, whatever its name ends with, or the one in a folder.
   *
   * @throws CheckpointException when there is none, or it cannot be read
   */
  public static TensorSource open(Path path) {
    Path file = Files.isDirectory(path) ? within(path) : path;
    if (file.toString().endsWith(".index.json")) {
      return ShardedFile.open(file);
    }
    return isSafetensors(file) ? SafetensorsFile.open(file) : TorchFile.open(file);
  }

  /** Whether a file is named like weights, or a folder holds such a file. */
  public static boolean isWeights(Path path) {
    if (Files.isDirectory(path)) {
      return IN_FOLDER.stream().anyMatch(name -> Files.isRegularFile(path.resolve(name)));
    }
    return NAMED.matcher(path.toString()).find();
  }

  private static Path within(Path folder) {
    for (String name : IN_FOLDER) {
      if (Files.isRegularFile(folder.resolve(name))) {
        return folder.resolve(name);
      }
    }
    throw new CheckpointException(
        "Folder '" + folder + "' holds no weights: expected one of " + IN_FOLDER + ".");
  }

  /** Safetensors begin with the length of a header, which begins with a brace. */
  private static boolean isSafetensors(Path file) {
    if (file.toString().endsWith(".safetensors")) {
      return true;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() < SAFETENSORS_START) {
        return false;
      }
      ByteBuffer b = ByteBuffer.allocate(SAFETENSORS_START);
      SafetensorsFile.fill(channel, b, 0);
      return b.get(SAFETENSORS_START - 1) == '{' && b.get(0) != (byte) 0x80;
    } catch (IOException e) {
      throw SafetensorsFile.unreadable(file, e);
    }
  }

  /**
   * Copies what fits into a module, under the renaming that fits best.
   *
   * @throws CheckpointException when nothing fits
   */
  public static LoadReport load(Module module, TensorSource source) {
    return load(module, source, Renaming.best(module, source));
  }

  /**
   * Copies what fits into a module.
   *
   * @throws CheckpointException when nothing fits, saying what the names are on both sides
   */
  public static LoadReport load(Module module, TensorSource source, Renaming renaming) {
    LoadPlan plan = plan(module, source, renaming);
    plan.copy();
    return plan.report();
  }

  /**
   * Tells what {@link #load(Module, TensorSource)} would copy, and copies nothing.
   *
   * @throws CheckpointException when nothing fits
   */
  public static LoadReport compare(Module module, TensorSource source) {
    return plan(module, source, Renaming.best(module, source)).report();
  }

  /**
   * Refuses weights that a training left that had diverged, which would only show in the first loss
   * of the next one.
   *
   * @param file where the module's weights come from, for the message
   * @throws CheckpointException when an element is NaN or infinite
   */
  public static void requireFinite(Module module, Path file) {
    module
        .namedState()
        .forEach(
            (name, state) -> {
              for (float value : state.tensor().toFloats()) {
                if (!Float.isFinite(value)) {
                  throw new CheckpointException(
                      "Checkpoint '"
                          + file
                          + "' holds "
                          + value
                          + " in '"
                          + name
                          + "': the training that wrote it has diverged; choose an earlier"
                          + " checkpoint.");
                }
              }
            });
  }

  private static LoadPlan plan(Module module, TensorSource source, Renaming renaming) {
    LoadPlan plan = LoadPlan.of(module, source, renaming);
    LoadReport report = plan.report();
    if (report.matched().isEmpty()) {
      throw new CheckpointException(
          "Checkpoint '"
              + source.path()
              + "' holds nothing for "
              + module.getClass().getSimpleName()
              + ": "
              + report.summary()
              + "; it needs "
              + first(module.namedState().keySet())
              + " and finds "
              + first(source.names())
              + ".");
    }
    return plan;
  }

  private static String first(java.util.Set<String> names) {
    return names.isEmpty() ? "nothing" : "'" + names.iterator().next() + "', ...";
  }

  /**
   * Writes parameters, buffers and constants under PyTorch's names and in its axis order; {@code
   * model.load_state_dict(safetensors.torch.load_file(path))} takes them.
   *
   * @throws CheckpointException when the file cannot be written
   */
  public static void write(Path path, Module module) {
    SafetensorsWriter out = new SafetensorsWriter().metadata("format", "pt");
    add(out, module);
    out.write(path);
  }

  /** Adds a module's parameters, buffers and constants to a file. */
  static void add(SafetensorsWriter out, Module module) {
    module.namedState().forEach((name, s) -> add(out, name, s.tensor(), s.layout()));
    for (Map.Entry<String, Tensor> c : module.namedConstants().entrySet()) {
      out.longs(
          c.getKey(),
          c.getValue().shape(),
          () -> Arrays.stream(c.getValue().toInts()).asLongStream().toArray());
    }
  }

  static void add(SafetensorsWriter out, String name, Tensor t, Layout layout) {
    out.tensor(name, layout.torchShape(t.shape()), () -> layout.toTorch(t.toFloats(), t.shape()));
  }
}
