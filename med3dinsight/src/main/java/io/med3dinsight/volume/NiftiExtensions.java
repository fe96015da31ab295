package io.med3dinsight.volume;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The bytes between a NIfTI header and its voxels: a flag, then records of size, code and content.
 * Kept as they are, with sizes and codes turned to little-endian, in which files are written.
 *
 * <p>Source: nifti1.h, "header extension".
 */
final class NiftiExtensions {
  static final NiftiExtensions NONE = new NiftiExtensions(new byte[4], 0);

  private static final int HEAD = 8;

  private final byte[] bytes;
  private final int count;

  private NiftiExtensions(byte[] bytes, int count) {
    this.bytes = bytes;
    this.count = count;
  }

  /**
   * Takes whole records; what is none, such as padding, is left out, so that damage there does not
   * keep anyone from an image.
   *
   * @param raw from the end of the header to the first voxel
   */
  static NiftiExtensions parse(byte[] raw, ByteOrder order) {
    if (raw.length < 4 || raw[0] == 0) {
      return NONE;
    }
    ByteBuffer in = ByteBuffer.wrap(raw).order(order);
    ByteBuffer out = ByteBuffer.allocate(raw.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put(raw, 0, 4);
    int at = 4;
    int count = 0;
    while (at + HEAD <= raw.length) {
      int size = in.getInt(at);
      if (size < HEAD || size > raw.length - at || size % 16 != 0) {
        break;
      }
      out.putInt(size).putInt(in.getInt(at + 4)).put(raw, at + HEAD, size - HEAD);
      at += size;
      count++;
    }
    return count == 0 ? NONE : new NiftiExtensions(Arrays.copyOf(out.array(), at), count);
  }

  /** Flag and records. */
  byte[] bytes() {
    return bytes;
  }

  /** Number of records. */
  int count() {
    return count;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof NiftiExtensions other && Arrays.equals(bytes, other.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }
}
