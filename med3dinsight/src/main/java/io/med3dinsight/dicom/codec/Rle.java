package io.med3dinsight.dicom.codec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * DICOM's run-length encoding: each byte of a pixel is a segment of its own, the highest first, and
 * each segment is packed as in PackBits.
 *
 * <p>Source: DICOM PS3.5, annex G.
 */
public final class Rle {
  private static final int HEADER = 64;

  private Rle() {}

  /**
   * Unpacks a frame.
   *
   * @param bytes of one pixel
   * @return the pixels' bytes in little-endian order
   */
  public static byte[] decode(byte[] data, int rows, int columns, int bytes) throws CodecException {
    long size = (long) rows * columns;
    if (data.length < HEADER || size * bytes > 64L * data.length) {
      throw new CodecException(data.length + " bytes of RLE cannot hold " + columns + "x" + rows);
    }
    ByteBuffer header = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    int segments = header.getInt(0);
    if (segments != bytes) {
      throw new CodecException(
          "its RLE has " + segments + " segments, expected " + bytes + ", one per byte of a pixel");
    }
    byte[] out = new byte[(int) size * bytes];
    for (int s = 0; s < segments; s++) {
      int from = header.getInt(4 + 4 * s);
      int to = s + 1 < segments ? header.getInt(8 + 4 * s) : data.length;
      if (from < HEADER || to < from || to > data.length) {
        throw new CodecException("an RLE segment lies at bytes " + from + " to " + to);
      }
      unpack(data, from, to, out, bytes - 1 - s, bytes);
    }
    return out;
  }

  private static void unpack(byte[] in, int from, int to, byte[] out, int first, int step)
      throws CodecException {
    int at = from;
    int put = first;
    while (at < to && put < out.length) {
      int n = in[at++];
      if (n >= 0) {
        for (int i = 0; i <= n && at < to && put < out.length; i++, put += step) {
          out[put] = in[at++];
        }
      } else if (n != -128 && at < to) {
        byte value = in[at++];
        for (int i = 0; i <= -n && put < out.length; i++, put += step) {
          out[put] = value;
        }
      }
    }
    if (put < out.length) {
      throw new CodecException("an RLE segment ends after " + put / step + " pixels");
    }
  }
}
