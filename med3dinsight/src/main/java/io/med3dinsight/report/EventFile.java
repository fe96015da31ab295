package io.med3dinsight.report;

import io.med3dinsight.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * One TensorBoard event file: a TFRecord file whose records are {@code tensorflow.Event} messages
 * of protocol buffers.
 *
 * <p>A record is its length (uint64), the masked CRC-32C of those eight bytes, the message, and the
 * masked CRC-32C of the message, all little-endian; a CRC is masked by rotating it right by 15 bits
 * and adding 0xa282ead8. Of Event this writes wall_time (1, double), step (2, int64), file_version
 * (3, string), summary (5) and session_log (7); of Summary.Value tag (1) and simple_value (2,
 * float).
 *
 * <p>Source: tensorflow/core/lib/io/record_writer.h and tensorflow/core/util/event.proto,
 * summary.proto of TensorFlow.
 */
final class EventFile implements AutoCloseable {
  private static final String VERSION = "brain.Event:2";

  /** SessionLog.SessionStatus.START. */
  private static final long START = 1;

  private static final int MASK = 0xa282ead8;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final Path file;

  /** Not a channel: that would be closed by the interruption of a thread that writes. */
  private final RandomAccessFile out;

  private EventFile(Path file, RandomAccessFile out) {
    this.file = file;
    this.out = out;
  }

  /**
   * A new file in a folder, which is created. Several in one folder are one run to TensorBoard, in
   * the order of their names, which begin with the time.
   *
   * @param wallTime seconds since 1970
   */
  static EventFile create(Path folder, double wallTime) {
    try {
      Files.createDirectories(folder);
      Path file = unused(folder, "events.out.tfevents." + (long) wallTime + ".med3dinsight");
      EventFile events = new EventFile(file, new RandomAccessFile(file.toFile(), "rw"));
      ByteArrayOutputStream event = event(wallTime, 0);
      bytes(event, 3, VERSION.getBytes(StandardCharsets.UTF_8));
      events.write(event.toByteArray());
      return events;
    } catch (IOException e) {
      throw DataException.of(folder, "written to", e);
    }
  }

  private static Path unused(Path folder, String name) throws IOException {
    for (int n = 0; ; n++) {
      Path file = folder.resolve(n == 0 ? name : name + "." + n);
      try {
        return Files.createFile(file);
      } catch (FileAlreadyExistsException e) {
        // Two sessions within one second: the next number.
        continue;
      }
    }
  }

  /** Adds numbers by their names. */
  void scalars(double wallTime, long step, Map<String, Double> values) {
    ByteArrayOutputStream summary = new ByteArrayOutputStream();
    values.forEach(
        (tag, number) -> {
          ByteArrayOutputStream value = new ByteArrayOutputStream();
          bytes(value, 1, tag.getBytes(StandardCharsets.UTF_8));
          key(value, 2, FIXED32);
          little(value, 4, Float.floatToIntBits(number.floatValue()));
          bytes(summary, 1, value.toByteArray());
        });
    ByteArrayOutputStream event = event(wallTime, step);
    bytes(event, 5, summary.toByteArray());
    write(event.toByteArray());
  }

  /** Tells TensorBoard to forget this folder's numbers of {@code step} and later. */
  void forget(double wallTime, long step) {
    ByteArrayOutputStream session = new ByteArrayOutputStream();
    key(session, 1, VARINT);
    varint(session, START);
    ByteArrayOutputStream event = event(wallTime, step);
    bytes(event, 7, session.toByteArray());
    write(event.toByteArray());
  }

  private void write(byte[] message) {
    ByteBuffer record = ByteBuffer.allocate(message.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(message.length);
    record.putInt(maskedCrc(record.array(), 8));
    record.put(message).putInt(maskedCrc(message, message.length));
    try {
      // In one piece, so that a reader of the growing file rarely meets half a record.
      out.write(record.array());
    } catch (IOException e) {
      throw DataException.of(file, "written", e);
    }
  }

  private static int maskedCrc(byte[] bytes, int count) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, count);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  private static ByteArrayOutputStream event(double wallTime, long step) {
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    key(event, 1, FIXED64);
    little(event, 8, Double.doubleToLongBits(wallTime));
    if (step != 0) {
      // The default value, which protocol buffers leave out.
      key(event, 2, VARINT);
      varint(event, step);
    }
    return event;
  }

  private static void bytes(ByteArrayOutputStream to, int field, byte[] content) {
    key(to, field, BYTES);
    varint(to, content.length);
    to.writeBytes(content);
  }

  private static void key(ByteArrayOutputStream to, int field, int wireType) {
    varint(to, (long) field << 3 | wireType);
  }

  private static void varint(ByteArrayOutputStream to, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      to.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }

  private static void little(ByteArrayOutputStream to, int count, long bits) {
    for (int i = 0; i < count; i++) {
      to.write((int) (bits >>> 8 * i));
    }
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw DataException.of(file, "closed", e);
    }
  }
}
