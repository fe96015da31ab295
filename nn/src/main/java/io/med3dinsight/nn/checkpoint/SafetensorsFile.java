package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;

/**
 * An open safetensors file (format of Hugging Face: 8 bytes little-endian length of the header, a
 * JSON header, the tensors' bytes in row-major order without gaps). The header is checked
 * completely on opening; tensors are read one at a time, so that memory is bounded by the largest
 * tensor that is really in the file.
 */
public final class SafetensorsFile implements TensorSource {
  private static final int CHUNK = 1 << 20;

  private final Path path;
  private final FileChannel channel;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path path, FileChannel channel, SafetensorsHeader header) {
    this.path = path;
    this.channel = channel;
    this.header = header;
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws CheckpointException when the file cannot be read or is not a whole safetensors file
   */
  public static SafetensorsFile open(Path path) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
      SafetensorsHeader header = SafetensorsHeader.read(path, channel);
      return new SafetensorsFile(path, channel, header);
    } catch (IOException e) {
      closeQuietly(channel, e);
      throw unreadable(path, e);
    } catch (RuntimeException e) {
      closeQuietly(channel, e);
      throw e;
    }
  }

  static void closeQuietly(FileChannel channel, Exception cause) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        cause.addSuppressed(e);
      }
    }
  }

  static CheckpointException unreadable(Path path, IOException e) {
    String why =
        e instanceof java.nio.file.NoSuchFileException
            ? "it does not exist"
            : e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
    return new CheckpointException("Checkpoint '" + path + "' cannot be read: " + why + ".", e);
  }

  @Override
  public Path path() {
    return path;
  }

  /** Names of the tensors, in the order of their bytes. */
  @Override
  public Set<String> names() {
    return header.entries().keySet();
  }

  /** The text entries of the header's {@code __metadata__}. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  @Override
  public Shape shape(String name) {
    return entry(name).shape();
  }

  @Override
  public String dtype(String name) {
    return entry(name).type().name();
  }

  @Override
  public boolean floating(String name) {
    return entry(name).type().floating();
  }

  @Override
  public float[] floats(String name) {
    SafetensorsHeader.Entry e = entry(name);
    if (!e.type().floating()) {
      throw wrongType(name, e, "floating-point numbers");
    }
    float[] values = new float[e.shape().size()];
    read(
        e,
        (b, from, n) -> {
          if (e.type() == StoredType.F32) {
            b.asFloatBuffer().get(values, from, n);
          } else {
            for (int i = 0; i < n; i++) {
              values[from + i] = e.type().nextFloat(b);
            }
          }
        });
    return values;
  }

  @Override
  public long[] longs(String name) {
    SafetensorsHeader.Entry e = entry(name);
    if (e.type().floating()) {
      throw wrongType(name, e, "integers");
    }
    long[] values = new long[e.shape().size()];
    read(
        e,
        (b, from, n) -> {
          for (int i = 0; i < n; i++) {
            values[from + i] = e.type().nextLong(b);
          }
        });
    return values;
  }

  private SafetensorsHeader.Entry entry(String name) {
    SafetensorsHeader.Entry e = header.entries().get(name);
    if (e == null) {
      throw new CheckpointException("Checkpoint '" + path + "' holds no tensor '" + name + "'.");
    }
    return e;
  }

  private CheckpointException wrongType(String name, SafetensorsHeader.Entry e, String expected) {
    return new CheckpointException(
        "Checkpoint '"
            + path
            + "' holds tensor '"
            + name
            + "' as "
            + e.type()
            + ", but "
            + expected
            + " were expected.");
  }

  private interface Sink {
    void accept(ByteBuffer bytes, int from, int count);
  }

  private void read(SafetensorsHeader.Entry e, Sink sink) {
    int width = e.type().bytes;
    int size = e.shape().size();
    ByteBuffer b =
        ByteBuffer.allocate((int) Math.min(CHUNK, (long) size * width))
            .order(ByteOrder.LITTLE_ENDIAN);
    try {
      int step = CHUNK / width;
      for (int from = 0; from < size; from += step) {
        int n = Math.min(step, size - from);
        b.clear().limit(n * width);
        fill(channel, b, e.offset() + (long) from * width);
        sink.accept(b.flip(), from, n);
      }
    } catch (IOException x) {
      throw unreadable(path, x);
    }
  }

  /** Reads until {@code b} is full. */
  static void fill(FileChannel channel, ByteBuffer b, long position) throws IOException {
    long p = position;
    while (b.hasRemaining()) {
      int n = channel.read(b, p);
      if (n < 0) {
        throw new EOFException("the file ended at byte " + p);
      }
      p += n;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw unreadable(path, e);
    }
  }
}
