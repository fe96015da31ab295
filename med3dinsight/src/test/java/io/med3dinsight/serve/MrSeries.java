package io.med3dinsight.serve;

import io.med3dinsight.volume.Affine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A series of eight slices made of pydicom's MR_small.dcm, each with a place, number and UID of its
 * own; its pixels are brighter from slice to slice.
 */
final class MrSeries {
  private static final String PLACE = "-83.9063\\-91.2000\\";
  private static final String UID = "1.3.6.1.4.1.5962.1.1.4.1.1.20040826185059.545";

  /** Of the lowest slice, k = 7: columns to the left, rows from the lowest one up. */
  static final Affine AFFINE =
      Affine.of(
          -0.3125, 0, 0, 83.9063, 0, 0.3125, 0, 91.2 - 63 * 0.3125, 0, 0, 0.8, 6.6406 - 7 * 0.8);

  private MrSeries() {}

  /** Slice k, 0 being the highest. */
  static byte[] slice(int k) throws IOException {
    byte[] file;
    try (InputStream in =
        MrSeries.class.getResourceAsStream(
            "/io/med3dinsight/volume/conformance/pydicom/MR_small.dcm")) {
      file = in.readAllBytes();
    }
    int number = find(file, "IS\u0002\u00001 ");
    file[number + 4] = (byte) ('1' + k);
    int place = find(file, PLACE) + PLACE.length();
    String z = String.format(Locale.ROOT, "%.4f", 6.6406 - 0.8 * k);
    System.arraycopy(z.getBytes(StandardCharsets.US_ASCII), 0, file, place, 6);
    file[find(file, UID) + UID.length()] = (byte) ('0' + k);
    int pixels = find(file, "\u00e0\u007f\u0010\u0000OW") + 12;
    for (int i = pixels + 1; i < pixels + 2 * 64 * 64; i += 2) {
      // A step of 256 in pixels of 16 bits.
      file[i] += (byte) k;
    }
    return file;
  }

  private static int find(byte[] file, String text) {
    int at = new String(file, StandardCharsets.ISO_8859_1).lastIndexOf(text);
    if (at < 0) {
      throw new IllegalStateException("MR_small.dcm holds no " + text);
    }
    return at;
  }

  static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(e.getKey()));
        zip.write(e.getValue());
        zip.closeEntry();
      }
    }
    return out.toByteArray();
  }
}
