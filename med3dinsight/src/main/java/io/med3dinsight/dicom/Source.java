package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Where the bytes of a DICOM file come from: a file, or an entry of a zip. */
sealed interface Source {
  /** What a person calls it. */
  String name();

  /** At most the first {@code most} bytes. */
  byte[] read(int most);

  /** All bytes. */
  default byte[] read() {
    return read(Integer.MAX_VALUE);
  }

  /** A file. */
  record InFile(Path path) implements Source {
    @Override
    public String name() {
      return path.toString();
    }

    @Override
    public byte[] read(int most) {
      try (InputStream in = Files.newInputStream(path)) {
        return in.readNBytes(most);
      } catch (IOException e) {
        throw DataException.of(path, "read", e);
      }
    }
  }

  /** An entry of a zip. */
  record InZip(Path zip, String entry) implements Source {
    /** What an entry may unpack to, as a multiple of the zip's own size; more is no image. */
    private static final long MAX_EXPANSION = 200;

    @Override
    public String name() {
      return zip + "!" + entry.replaceAll("[^\\x20-\\x7e]", "?");
    }

    @Override
    public byte[] read(int most) {
      try (ZipFile file = new ZipFile(zip.toFile())) {
        ZipEntry found = file.getEntry(entry);
        if (found == null) {
          throw new DataException(name() + " is gone; copy the zip again.");
        }
        long bound = MAX_EXPANSION * Files.size(zip) + (1 << 20);
        try (InputStream in = file.getInputStream(found)) {
          byte[] bytes = in.readNBytes((int) Math.min(most, Math.min(bound, 1 << 30)));
          if (bytes.length == bound) {
            throw new DataException(
                name() + " unpacks to more than 200 times the zip; it is damaged.");
          }
          return bytes;
        }
      } catch (IOException e) {
        throw new DataException(name() + " cannot be read: " + DataException.reason(e) + ".", e);
      }
    }
  }
}
