package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
        long size = Files.size(path);
        if (most < size) {
          return in.readNBytes(most);
        }
        if (size > Integer.MAX_VALUE - 8) {
          throw new DataException(
              path + " has " + size + " bytes; files of up to 2 GiB are read, so split it.");
        }
        // In one piece, since the bytes are really there.
        byte[] all = new byte[(int) size];
        int got = in.readNBytes(all, 0, all.length);
        return got < all.length ? Arrays.copyOf(all, got) : all;
      } catch (IOException e) {
        throw DataException.of(path, "read", e);
      }
    }
  }

  /** An entry of a zip. */
  record InZip(Path zip, String entry) implements Source {
    /** What all entries may unpack to: so many times the zip, and so many bytes. */
    static final long MAX_TOTAL = 200;

    static final long FREE_TOTAL = 64L << 20;

    /** What one entry may. */
    private static final long MAX_EXPANSION = 4;

    private static final long FREE_BYTES = 48L << 20;

    /** DEFLATE cannot expand by more than this. */
    private static final long DEFLATE = 1032;

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
        try (InputStream in = file.getInputStream(found)) {
          return most < found.getSize() ? in.readNBytes(most) : whole(in, found);
        }
      } catch (IOException e) {
        throw new DataException(name() + " cannot be read: " + DataException.reason(e) + ".", e);
      }
    }

    /** Memory follows what the zip can really hold, not what the entry claims. */
    private byte[] whole(InputStream in, ZipEntry found) throws IOException {
      long size = Files.size(zip);
      long packed = Math.min(Math.max(found.getCompressedSize(), 0), size);
      long most = Math.min(MAX_EXPANSION * size + FREE_BYTES, Integer.MAX_VALUE - 8);
      if (found.getSize() > most) {
        throw new DataException(
            name()
                + " unpacks to "
                + found.getSize()
                + " bytes, more than "
                + (most >> 20)
                + " MiB; unpack the zip and read the folder, if you trust it.");
      }
      long possible = packed * DEFLATE + 64;
      byte[] all = new byte[(int) Math.min(found.getSize(), possible)];
      int got = in.readNBytes(all, 0, all.length);
      if (in.read() >= 0) {
        throw new DataException(name() + " is longer than the zip says; it is damaged.");
      }
      return got < all.length ? Arrays.copyOf(all, got) : all;
    }
  }
}
