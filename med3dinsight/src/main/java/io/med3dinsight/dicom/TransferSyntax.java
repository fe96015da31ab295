package io.med3dinsight.dicom;

import java.util.Map;

/** How a file's bytes are laid out and its pixels compressed; DICOM PS3.5, annex A. */
enum TransferSyntax {
  IMPLICIT("1.2.840.10008.1.2", false),
  EXPLICIT("1.2.840.10008.1.2.1", false),
  DEFLATED("1.2.840.10008.1.2.1.99", false),
  BIG_ENDIAN("1.2.840.10008.1.2.2", false),
  RLE("1.2.840.10008.1.2.5", true),
  JPEG_LOSSLESS_14("1.2.840.10008.1.2.4.57", true),
  JPEG_LOSSLESS("1.2.840.10008.1.2.4.70", true),
  JPEG_LS_LOSSLESS("1.2.840.10008.1.2.4.80", true),
  JPEG_LS("1.2.840.10008.1.2.4.81", true),
  JPEG_2000_LOSSLESS("1.2.840.10008.1.2.4.90", true),
  JPEG_2000("1.2.840.10008.1.2.4.91", true);

  /** Others that files come in, for the sentence that refuses them. */
  private static final Map<String, String> NAMES =
      Map.of(
          "1.2.840.10008.1.2.4.50", "JPEG baseline (lossy)",
          "1.2.840.10008.1.2.4.51", "JPEG extended (lossy)",
          "1.2.840.10008.1.2.4.92", "JPEG 2000 part 2",
          "1.2.840.10008.1.2.4.93", "JPEG 2000 part 2",
          "1.2.840.10008.1.2.4.100", "MPEG-2",
          "1.2.840.10008.1.2.4.102", "MPEG-4",
          "1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000",
          "1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000",
          "1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000");

  private final String uid;
  private final boolean encapsulated;

  TransferSyntax(String uid, boolean encapsulated) {
    this.uid = uid;
    this.encapsulated = encapsulated;
  }

  boolean isExplicit() {
    return this != IMPLICIT;
  }

  boolean isEncapsulated() {
    return encapsulated;
  }

  /** The syntax of a UID; null when it is none of these. */
  static TransferSyntax of(String uid) {
    for (TransferSyntax t : values()) {
      if (t.uid.equals(uid)) {
        return t;
      }
    }
    return null;
  }

  static String nameOf(String uid) {
    String name = NAMES.get(uid);
    return name == null ? uid : name + ", " + uid;
  }
}
