package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An open file of {@code torch.save}: the zip container (PyTorch 1.6 and later) or the format
 * before it. The pickle within is read by {@link Pickle}, which makes tensors and plain containers
 * and refuses everything else. Tensors may share a storage and step through it by any strides.
 *
 * <p>The names are those of the state dict: the file's dict itself, or the one under {@code
 * state_dict}, {@code model_state_dict}, {@code network_weights}, {@code model} or {@code net}, as
 * training programs write it beside optimiser and settings.
 */
public final class TorchFile implements TensorSource {
  private static final int CHUNK = 1 << 20;
  private static final int LARGEST = Integer.MAX_VALUE - 8;
  private static final List<String> STATE =
      List.of("state_dict", "model_state_dict", "network_weights", "model", "net", "module");

  private final Path path;
  private final FileChannel channel;
  private final Map<String, TorchTensor> tensors;

  private TorchFile(Path path, FileChannel channel, Map<String, TorchTensor> tensors) {
    this.path = path;
    this.channel = channel;
    this.tensors = tensors;
  }

  /**
   * Opens a file and reads its pickle.
   *
   * @throws CheckpointException when the file cannot be read, is damaged, or holds something else
   *     than weights
   */
  public static TorchFile open(Path path) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      Object root =
          TorchZip.isZip(channel) ? TorchZip.read(path, channel) : new TorchLegacy(channel).read();
      return new TorchFile(path, channel, state(root));
    } catch (IOException e) {
      SafetensorsFile.closeQuietly(channel, e);
      throw SafetensorsFile.unreadable(path, e);
    } catch (Pickle.Refused e) {
      SafetensorsFile.closeQuietly(channel, e);
      throw new CheckpointException(
          "Checkpoint '" + path + "' cannot be read: " + e.getMessage() + ".", e);
    } catch (RuntimeException e) {
      SafetensorsFile.closeQuietly(channel, e);
      throw e;
    }
  }

  private static Map<String, TorchTensor> state(Object root) {
    if (!(root instanceof Map<?, ?> map)) {
      throw new Pickle.Refused("it holds no dict of tensors");
    }
    Map<String, TorchTensor> found = tensors(map);
    for (String key : STATE) {
      if (found.isEmpty() && map.get(key) instanceof Map<?, ?> inner) {
        found = tensors(inner);
      }
    }
    if (found.isEmpty()) {
      throw new Pickle.Refused(
          "it holds no tensors, neither directly nor under "
              + String.join(", ", STATE)
              + "; its entries are "
              + shown(map.keySet()));
    }
    return Collections.unmodifiableMap(found);
  }

  private static String shown(Set<?> keys) {
    List<String> first = keys.stream().limit(5).map(k -> PickleGlobal.printable(k + "")).toList();
    return first + (keys.size() > first.size() ? " and more" : "");
  }

  private static Map<String, TorchTensor> tensors(Map<?, ?> map) {
    Map<String, TorchTensor> found = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          if (key instanceof String name && value instanceof TorchTensor t) {
            found.put(name, t);
          }
        });
    return found;
  }

  @Override
  public Path path() {
    return path;
  }

  /** Names of the tensors, in the order of the dict. */
  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public Shape shape(String name) {
    return tensor(name).shape();
  }

  @Override
  public String dtype(String name) {
    return tensor(name).storage().type().name();
  }

  @Override
  public boolean floating(String name) {
    return tensor(name).storage().type().floating();
  }

  @Override
  public float[] floats(String name) {
    TorchTensor t = tensor(name);
    StoredType type = t.storage().type();
    if (!type.floating()) {
      throw wrongType(name, type, "floating-point numbers");
    }
    float[] values = new float[t.shape().size()];
    read(t, (b, at) -> values[at] = type.nextFloat(b));
    return values;
  }

  @Override
  public long[] longs(String name) {
    TorchTensor t = tensor(name);
    StoredType type = t.storage().type();
    if (type.floating()) {
      throw wrongType(name, type, "integers");
    }
    long[] values = new long[t.shape().size()];
    read(t, (b, at) -> values[at] = type.nextLong(b));
    return values;
  }

  private TorchTensor tensor(String name) {
    TorchTensor t = tensors.get(name);
    if (t == null) {
      throw new CheckpointException("Checkpoint '" + path + "' holds no tensor '" + name + "'.");
    }
    return t;
  }

  private CheckpointException wrongType(String name, StoredType type, String expected) {
    return new CheckpointException(
        "Checkpoint '"
            + path
            + "' holds tensor '"
            + name
            + "' as "
            + type
            + ", but "
            + expected
            + " were expected.");
  }

  private interface Sink {
    void accept(ByteBuffer element, int index);
  }

  private void read(TorchTensor t, Sink sink) {
    int size = t.shape().size();
    if (size == 0) {
      return;
    }
    int width = t.storage().type().bytes;
    ByteOrder order = t.storage().bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    long start = t.storage().at() + t.offset() * width;
    long end = start + (t.last() + 1) * width;
    // A view that jumps to and fro would read the same piece for every element.
    long piece = t.isAscending() ? CHUNK : LARGEST;
    ByteBuffer b = ByteBuffer.allocate((int) Math.min(piece, end - start)).order(order);
    try {
      long from = start;
      b.limit(0);
      int[] index = new int[t.shape().rank()];
      for (int i = 0; i < size; i++) {
        long at = start + t.at(index) * width;
        if (at < from || at + width > from + b.limit()) {
          from = at;
          b.clear().limit((int) Math.min(b.capacity(), end - from));
          SafetensorsFile.fill(channel, b, from);
          b.flip();
        }
        sink.accept(b.position((int) (at - from)), i);
        t.next(index);
      }
    } catch (IOException e) {
      throw SafetensorsFile.unreadable(path, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw SafetensorsFile.unreadable(path, e);
    }
  }
}
