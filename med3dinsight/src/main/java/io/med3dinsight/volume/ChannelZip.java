package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A zip with the image of a scan's channels: one file, or a file for each that is numbered as
 * nnU-Net does it, CASE_0000.nii.gz, CASE_0001.nii.gz and so on. Files are unpacked under names of
 * this program's own, never under those that the zip gives them.
 */
public final class ChannelZip {
  private static final Pattern IMAGE = Pattern.compile("(?i)(.*?)(\\.nii\\.gz|\\.nii|\\.nrrd)");
  private static final Pattern NUMBERED = Pattern.compile("(.*)_(\\d{4})");

  /** What all files may unpack to: so many times the zip, and so many bytes. */
  private static final long MAX_EXPANSION = 4;

  private static final long FREE_BYTES = 64L << 20;
  private static final int BUFFER = 1 << 16;

  private ChannelZip() {}

  /** Whether a file is a zip that holds image files by name, rather than a DICOM series. */
  public static boolean isFor(Path file) {
    if (!VolumeReader.startsWith(VolumeReader.start(file, 4), "PK\u0003\u0004")) {
      return false;
    }
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.stream().anyMatch(ChannelZip::isImage);
    } catch (IOException | IllegalArgumentException e) {
      // What is wrong with it is told by the reader of zips.
      return false;
    }
  }

  /** Folders, hidden files and macOS's copies of attributes are left aside. */
  private static boolean isImage(ZipEntry entry) {
    String name = fileName(entry);
    return !entry.isDirectory() && !name.startsWith(".") && IMAGE.matcher(name).matches();
  }

  private static String fileName(ZipEntry entry) {
    return entry.getName().substring(entry.getName().replace('\\', '/').lastIndexOf('/') + 1);
  }

  /**
   * Unpacks the channels.
   *
   * @param folder that is there and takes the files, whose caller deletes it even when this fails
   * @return the files in the order of the channels, each with what the zip calls it
   * @throws DataException when the zip is damaged, unpacks to more than four times its size and 64
   *     MiB, or its images are not the channels of one scan
   */
  public static Map<Path, String> unpack(Path file, Path folder) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<ZipEntry> entries = channels(file, zip);
      long most = MAX_EXPANSION * Files.size(file) + FREE_BYTES;
      long left = most;
      Map<Path, String> files = new LinkedHashMap<>();
      for (ZipEntry entry : entries) {
        String ending = group(IMAGE, fileName(entry), 2).toLowerCase(Locale.ROOT);
        Path to =
            folder.resolve(String.format(Locale.ROOT, "channel_%04d%s", files.size(), ending));
        left -= copy(zip, entry, to, left);
        if (left < 0) {
          throw new DataException(
              file
                  + " unpacks to more than "
                  + (most >> 20)
                  + " MiB, four times its size and 64 MiB; put the images into it as .nii.gz.");
        }
        requireNoZip(file, entry, to);
        files.put(to, file + "!" + NpzFile.printable(fileName(entry)));
      }
      return files;
    } catch (IOException | IllegalArgumentException e) {
      throw new DataException(file + " is a damaged zip file; copy it again.", e);
    }
  }

  /** The entries in the order of their numbers. */
  private static List<ZipEntry> channels(Path file, ZipFile zip) {
    List<ZipEntry> images = new ArrayList<>(zip.stream().filter(ChannelZip::isImage).toList());
    images.sort(Comparator.comparing(ChannelZip::fileName));
    if (images.size() == 1) {
      return images;
    }
    String scan = null;
    for (int c = 0; c < images.size(); c++) {
      String stem = group(IMAGE, fileName(images.get(c)), 1);
      String of = group(NUMBERED, stem, 1);
      scan = c == 0 ? of : scan;
      if (of == null || !of.equals(scan) || Integer.parseInt(group(NUMBERED, stem, 2)) != c) {
        throw new DataException(
            file
                + " holds "
                + images.size()
                + " images, of which "
                + NpzFile.printable(fileName(images.get(c)))
                + " is not channel "
                + c
                + " of one scan; number its channels CASE_0000, CASE_0001 and so on.");
      }
    }
    return images;
  }

  /** A part of a name; null when the name is not of that form. */
  private static String group(Pattern pattern, String name, int part) {
    Matcher m = pattern.matcher(name);
    return m.matches() ? m.group(part) : null;
  }

  /** Writes an entry; returns its bytes, or more than {@code most} where it has more. */
  private static long copy(ZipFile zip, ZipEntry entry, Path to, long most) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long total = 0;
    // What really comes out is counted, whatever the zip claims.
    try (InputStream in = zip.getInputStream(entry);
        OutputStream out = Files.newOutputStream(to)) {
      for (int n = in.read(buffer); n >= 0 && total <= most; n = in.read(buffer)) {
        out.write(buffer, 0, n);
        total += n;
      }
    }
    return total;
  }

  /** Zips within zips would multiply what they may unpack to. */
  private static void requireNoZip(Path file, ZipEntry entry, Path unpacked) {
    if (VolumeReader.startsWith(VolumeReader.start(unpacked, 2), "PK")) {
      throw new DataException(
          file
              + " holds "
              + NpzFile.printable(fileName(entry))
              + ", which is itself a zip; expected images.");
    }
  }
}
