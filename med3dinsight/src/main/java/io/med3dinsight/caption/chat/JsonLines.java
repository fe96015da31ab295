package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of JSON lines that only grows. A line is on the disk when {@link #append} returns. What a
 * killed process left of a line at the end is dropped when the file is opened again; a last line
 * that is whole and lacks only its end gets it. Thread-safe; one process at a time.
 */
final class JsonLines implements AutoCloseable {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private final Path file;

  /** Not a channel: that would be closed by the interruption of a thread that writes. */
  private final RandomAccessFile out;

  private JsonLines(Path file, RandomAccessFile out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Opens the file to go on at its end; creates it and its folder when they are not there.
   *
   * @throws DataException when it cannot be opened, or another process has it open
   */
  static JsonLines open(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw");
      try {
        lock(file, out);
        repair(out);
        return new JsonLines(file, out);
      } catch (IOException | RuntimeException e) {
        out.close();
        throw e;
      }
    } catch (IOException e) {
      throw DataException.of(file, "opened", e);
    }
  }

  /** Held until the file is closed. */
  private static void lock(Path file, RandomAccessFile out) throws IOException {
    FileLock lock;
    try {
      // Far behind the lines: on Windows nobody could read what is locked.
      lock = out.getChannel().tryLock(Long.MAX_VALUE - 1, 1, false);
    } catch (OverlappingFileLockException e) {
      throw inUse(file, e);
    }
    if (lock == null) {
      throw inUse(file, null);
    }
  }

  private static DataException inUse(Path file, Exception cause) {
    return new DataException(
        file + " is being written by another run; wait for it, or choose another --output.", cause);
  }

  private static void repair(RandomAccessFile out) throws IOException {
    long end = out.length();
    long start = lineStart(out, end);
    if (start < end) {
      byte[] last = new byte[(int) Math.min(end - start, Integer.MAX_VALUE - 8L)];
      out.seek(start);
      out.readFully(last);
      if (isObject(last)) {
        out.write('\n');
      } else {
        out.setLength(start);
      }
    }
    out.seek(out.length());
  }

  /** Where the line begins that has no end; the file's end when there is none. */
  private static long lineStart(RandomAccessFile out, long end) throws IOException {
    byte[] block = new byte[8192];
    for (long at = end; at > 0; ) {
      int n = (int) Math.min(block.length, at);
      at -= n;
      out.seek(at);
      out.readFully(block, 0, n);
      for (int i = n - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return at + i + 1;
        }
      }
    }
    return 0;
  }

  private static boolean isObject(byte[] line) throws IOException {
    try {
      JsonNode node = JSON.readTree(line);
      return node != null && node.isObject();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /**
   * Adds a line.
   *
   * @throws DataException when it cannot be written
   */
  synchronized void append(ObjectNode line) {
    try {
      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      out.getFD().sync();
    } catch (IOException e) {
      throw DataException.of(file, "written", e);
    }
  }

  /** The lines; none when the file is not there. */
  static List<JsonNode> read(Path file) {
    List<JsonNode> lines = new ArrayList<>();
    if (!Files.exists(file)) {
      return lines;
    }
    try {
      for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
        if (!line.isBlank()) {
          lines.add(JSON.readTree(line));
        }
      }
    } catch (JsonProcessingException e) {
      throw new DataException(
          file + ", line " + (lines.size() + 1) + " is no JSON; correct or remove it.", e);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
    return lines;
  }

  @Override
  public synchronized void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw DataException.of(file, "closed", e);
    }
  }
}
