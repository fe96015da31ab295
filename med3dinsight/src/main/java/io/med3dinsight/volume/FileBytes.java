package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A file's bytes, unpacked when they are gzipped.
 *
 * @param size bytes of the file itself
 */
record FileBytes(Path path, long size, boolean zipped) {
  /** DEFLATE cannot expand by more than this: 258 bytes from two bits. */
  static final long MAX_EXPANSION = 1032;

  /** What may follow the voxels in a gzipped file; more is no padding, but unpacks for hours. */
  private static final long MAX_REST = 64L << 20;

  /** Something done with the bytes. */
  interface Use<T> {
    T apply(InputStream in) throws IOException;
  }

  static FileBytes of(Path path) {
    if (!Files.exists(path)) {
      throw new DataException(path + " does not exist; check the path.");
    }
    if (!Files.isRegularFile(path)) {
      throw new DataException(path + " is not a file; expected an image.");
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] start = in.readNBytes(2);
      boolean zipped = start.length == 2 && start[0] == 0x1f && start[1] == (byte) 0x8b;
      return new FileBytes(path, Files.size(path), zipped);
    } catch (IOException e) {
      throw DataException.of(path, "read", e);
    }
  }

  /** The same file's bytes as they are. */
  FileBytes packed() {
    return new FileBytes(path, size, false);
  }

  /** The most bytes that can come out. */
  long most() {
    return zipped ? size * MAX_EXPANSION : size;
  }

  /** Opens the bytes for one use. */
  <T> T use(Use<T> use) {
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
      if (!zipped) {
        return use.apply(raw);
      }
      try (InputStream in = new GZIPInputStream(raw, 1 << 16)) {
        return use.apply(in);
      }
    } catch (EOFException e) {
      throw new DataException(
          path
              + " is cut off: the "
              + (zipped ? "compressed " : "")
              + "data end too early; copy or download it again.",
          e);
    } catch (ZipException e) {
      throw new DataException(
          path + " is damaged: its gzip data cannot be unpacked (" + e.getMessage() + ").", e);
    } catch (IOException e) {
      throw DataException.of(path, "read", e);
    }
  }

  /**
   * Reads a gzipped file to its end, so that the checksum is compared.
   *
   * @param expected bytes that belong to the image
   */
  void skipRest(InputStream in, long expected) throws IOException {
    if (!zipped) {
      return;
    }
    byte[] rest = new byte[1 << 16];
    long skipped = 0;
    for (int got = in.read(rest); got >= 0; got = in.read(rest)) {
      skipped += got;
      if (skipped - expected > MAX_REST) {
        throw new DataException(
            path
                + " goes on for more than "
                + (MAX_REST >> 20)
                + " MiB after its last voxel; the file or its header is damaged.");
      }
    }
  }
}
