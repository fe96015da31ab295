package io.med3dinsight.dicom.codec;

import java.util.Arrays;

/** A rectangle of a band's coefficients, coded by itself in pieces that packets bring. */
final class CodeBlock {
  private final int x0;
  private final int y0;
  private final int width;
  private final int height;
  private byte[] data = new byte[0];
  private int zeroPlanes = -1;
  private int passes;
  private int lengthBits = 3;

  // What the packet at hand brings.
  private int newPasses;
  private int newLength;

  /** A block that begins at a place of the band. */
  CodeBlock(int x0, int y0, int x1, int y1) {
    this.x0 = x0;
    this.y0 = y0;
    this.width = x1 - x0;
    this.height = y1 - y0;
  }

  int x0() {
    return x0;
  }

  int y0() {
    return y0;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  byte[] data() {
    return data;
  }

  int passes() {
    return passes;
  }

  int zeroPlanes() {
    return zeroPlanes;
  }

  /** Reads the block's part of a packet header, T.800 B.10. */
  void header(int x, int y, int layer, TagTree inclusion, TagTree planes, PacketBits bits)
      throws CodecException {
    newPasses = 0;
    newLength = 0;
    boolean begun = zeroPlanes >= 0;
    if (begun ? bits.next() == 0 : !inclusion.isBelow(x, y, layer + 1, bits)) {
      return;
    }
    if (!begun) {
      zeroPlanes = planes.value(x, y, 40, bits);
    }
    newPasses = passCount(bits);
    while (bits.next() == 1) {
      if (++lengthBits > 24) {
        throw new CodecException("a JPEG 2000 packet header is damaged");
      }
    }
    newLength = bits.next(lengthBits + 31 - Integer.numberOfLeadingZeros(newPasses));
  }

  private static int passCount(PacketBits bits) throws CodecException {
    if (bits.next() == 0) {
      return 1;
    }
    if (bits.next() == 0) {
      return 2;
    }
    int v = bits.next(2);
    if (v < 3) {
      return 3 + v;
    }
    v = bits.next(5);
    return v < 31 ? 6 + v : 37 + bits.next(7);
  }

  /** Takes the block's bytes of a packet; returns where they end. */
  int body(byte[] from, int at) throws CodecException {
    if (newPasses == 0) {
      return at;
    }
    if (newLength < 0 || newLength > from.length - at) {
      throw new CodecException("its JPEG 2000 data end too early");
    }
    int old = data.length;
    data = Arrays.copyOf(data, old + newLength);
    System.arraycopy(from, at, data, old, newLength);
    passes += newPasses;
    return at + newLength;
  }
}
