package io.med3dinsight.nn.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.engine.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Writes a safetensors file so that whoever opens its path finds either the previous file or the
 * whole new one: everything goes to a temporary file in the same directory, is forced to the disk,
 * and takes the place of the old file in one atomic move.
 */
public final class SafetensorsWriter {
  private static final int CHUNK = 1 << 20;

  /** A tensor to be written; one of the suppliers is null. */
  private record Pending(Shape shape, Supplier<float[]> floats, Supplier<long[]> longs) {
    StoredType type() {
      return floats != null ? StoredType.F32 : StoredType.I64;
    }

    long bytes() {
      return (long) shape.size() * type().bytes;
    }
  }

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, Pending> tensors = new LinkedHashMap<>();

  /** Adds a text entry to the header. */
  public SafetensorsWriter metadata(String key, String value) {
    metadata.put(key, value);
    return this;
  }

  /**
   * Adds a float32 tensor.
   *
   * @param values makes the elements, row-major, when they are about to be written
   */
  public SafetensorsWriter tensor(String name, Shape shape, Supplier<float[]> values) {
    return add(name, new Pending(shape, values, null));
  }

  /** Adds a tensor of 64-bit integers; see {@link #tensor}. */
  public SafetensorsWriter longs(String name, Shape shape, Supplier<long[]> values) {
    return add(name, new Pending(shape, null, values));
  }

  private SafetensorsWriter add(String name, Pending tensor) {
    if (tensors.putIfAbsent(name, tensor) != null || name.equals("__metadata__")) {
      throw new IllegalArgumentException("Tensor '" + name + "' cannot be written twice.");
    }
    return this;
  }

  /**
   * Writes the file.
   *
   * @throws CheckpointException when it cannot be written; the file that was there before is
   *     untouched
   */
  public void write(Path path) {
    Path target = path.toAbsolutePath();
    try {
      Files.createDirectories(target.getParent());
      // Always the same name, so that what a killed process left is overwritten and never piles up.
      Path temporary = target.resolveSibling(target.getFileName() + ".partial");
      try {
        writeTo(temporary);
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
      forceDirectory(target.getParent());
    } catch (IOException e) {
      throw new CheckpointException(
          "Checkpoint '"
              + path
              + "' cannot be written: "
              + e.getClass().getSimpleName()
              + ": "
              + e.getMessage()
              + ".",
          e);
    }
  }

  private void writeTo(Path temporary) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      byte[] header = header();
      ByteBuffer b = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
      drain(channel, b.putLong(header.length).flip());
      drain(channel, ByteBuffer.wrap(header));
      for (Map.Entry<String, Pending> t : tensors.entrySet()) {
        write(channel, b, t.getKey(), t.getValue());
      }
      channel.force(true);
    }
  }

  private static void write(FileChannel channel, ByteBuffer b, String name, Pending t)
      throws IOException {
    float[] floats = t.floats == null ? null : t.floats.get();
    long[] longs = t.longs == null ? null : t.longs.get();
    int length = floats != null ? floats.length : longs.length;
    if (length != t.shape.size()) {
      throw new IllegalStateException(
          "tensor '" + name + "' of shape " + t.shape + " came with " + length + " values");
    }
    int width = t.type().bytes;
    for (int from = 0; from < length; from += CHUNK / width) {
      int n = Math.min(CHUNK / width, length - from);
      b.clear();
      if (floats != null) {
        b.asFloatBuffer().put(floats, from, n);
      } else {
        b.asLongBuffer().put(longs, from, n);
      }
      drain(channel, b.limit(width * n));
    }
  }

  private byte[] header() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode m = root.putObject("__metadata__");
      metadata.forEach(m::put);
    }
    long at = 0;
    for (Map.Entry<String, Pending> t : tensors.entrySet()) {
      Shape shape = t.getValue().shape;
      ObjectNode n = root.putObject(t.getKey());
      n.put("dtype", t.getValue().type().name());
      ArrayNode extents = n.putArray("shape");
      for (int e : shape.toArray()) {
        extents.add(e);
      }
      n.putArray("data_offsets").add(at).add(at + t.getValue().bytes());
      at += t.getValue().bytes();
    }
    String text = json.writeValueAsString(root);
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    // The data starts at a multiple of 8, as other readers map it into memory.
    return (text + " ".repeat((8 - length % 8) % 8)).getBytes(StandardCharsets.UTF_8);
  }

  private static void drain(FileChannel channel, ByteBuffer b) throws IOException {
    while (b.hasRemaining()) {
      int written = channel.write(b);
      if (written < 0) {
        throw new IOException("the channel accepts no more bytes");
      }
    }
  }

  /**
   * Makes the move itself durable. Only POSIX systems let a directory be opened for this; others do
   * it on their own.
   */
  private static void forceDirectory(Path directory) throws IOException {
    if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
