package io.med3dinsight.encoder2d;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Embeddings of one encoder by content: records of 32 bytes of hash, E float32 (little-endian) and
 * a CRC-32, one after another. A record that a stopped program left half-written is dropped.
 * Several processes may append at once: each does so under the file's lock, behind what the others
 * wrote.
 */
final class EmbeddingFile implements AutoCloseable {
  /** SHA-256 of what was embedded. */
  record Key(ByteBuffer hash) {}

  private static final int HASH = 32;

  private final Path path;
  private final FileChannel channel;
  private final int width;
  private final Map<Key, Long> places = new HashMap<>();

  /** End of the records that are known here. */
  private long end;

  private EmbeddingFile(Path path, FileChannel channel, int width) {
    this.path = path;
    this.channel = channel;
    this.width = width;
  }

  /**
   * @param width E, length of an embedding
   * @throws DataException when the file cannot be opened
   */
  static EmbeddingFile open(Path path, int width) {
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      FileChannel channel =
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      EmbeddingFile f = new EmbeddingFile(path, channel, width);
      try (FileLock lock = channel.lock()) {
        f.catchUp();
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
      return f;
    } catch (IOException e) {
      throw DataException.of(path, "opened", e);
    }
  }

  private int length() {
    return HASH + Float.BYTES * width + Integer.BYTES;
  }

  /** Reads the records that came since; called under the lock. */
  private void catchUp() throws IOException {
    ByteBuffer record = ByteBuffer.allocate(length()).order(ByteOrder.LITTLE_ENDIAN);
    while (end + length() <= channel.size()) {
      read(record, end);
      if (!whole(record)) {
        break;
      }
      byte[] hash = new byte[HASH];
      record.get(0, hash);
      places.put(new Key(ByteBuffer.wrap(hash)), end);
      end += length();
    }
  }

  private void read(ByteBuffer record, long from) throws IOException {
    record.clear();
    while (record.hasRemaining()) {
      if (channel.read(record, from + record.position()) < 0) {
        throw new IOException("it became shorter while it was read");
      }
    }
  }

  private static int checksum(ByteBuffer record) {
    CRC32 crc = new CRC32();
    crc.update(record.array(), 0, record.capacity() - Integer.BYTES);
    return (int) crc.getValue();
  }

  private static boolean whole(ByteBuffer record) {
    return checksum(record) == record.getInt(record.capacity() - Integer.BYTES);
  }

  boolean contains(Key key) {
    return places.containsKey(key);
  }

  /**
   * @throws DataException when the record cannot be read, or changed since it was written
   */
  float[] get(Key key) {
    ByteBuffer record = ByteBuffer.allocate(length()).order(ByteOrder.LITTLE_ENDIAN);
    try {
      read(record, places.get(key));
    } catch (IOException e) {
      throw DataException.of(path, "read", e);
    }
    if (!whole(record)) {
      throw new DataException(path + " changed while it was in use; delete it and start again.");
    }
    float[] out = new float[width];
    record.position(HASH);
    record.asFloatBuffer().get(out);
    return out;
  }

  /** Appends embeddings, in one write. */
  void append(List<Key> keys, float[][] rows) {
    ByteBuffer all = ByteBuffer.allocate(keys.size() * length());
    for (int i = 0; i < rows.length; i++) {
      ByteBuffer record = ByteBuffer.allocate(length()).order(ByteOrder.LITTLE_ENDIAN);
      record.put(keys.get(i).hash().duplicate());
      record.asFloatBuffer().put(rows[i]);
      record.putInt(length() - Integer.BYTES, checksum(record));
      all.put(record.array());
    }
    all.flip();
    try (FileLock lock = channel.lock()) {
      catchUp();
      // What is left behind the last whole record came from a program that was stopped.
      channel.truncate(end);
      while (all.hasRemaining()) {
        channel.write(all, end + all.position());
      }
      channel.force(false);
      catchUp();
    } catch (IOException e) {
      throw DataException.of(path, "written", e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw DataException.of(path, "closed", e);
    }
  }
}
