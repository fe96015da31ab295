package io.med3dinsight.dicom;

import java.util.List;

/**
 * A file taken apart.
 *
 * @param bytes the file's, unpacked when it was deflated
 * @param data its elements
 * @param syntax null when it is none that can be read; then {@code syntaxUid}, fit for a message,
 *     says which
 * @param bigEndian byte order of pixels
 * @param pixels where the pixels lie: one span, or the offset table and a span for each fragment
 */
record Parsed(
    byte[] bytes,
    Dataset data,
    TransferSyntax syntax,
    String syntaxUid,
    boolean bigEndian,
    List<Span> pixels) {
  /** Bytes from a place on. */
  record Span(int from, int length) {}
}
