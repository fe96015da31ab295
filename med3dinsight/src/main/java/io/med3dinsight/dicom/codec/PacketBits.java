package io.med3dinsight.dicom.codec;

/** Bits of a packet header: behind a byte of ones the highest bit of the next is left out. */
final class PacketBits {
  private final byte[] data;
  private int at;
  private int current;
  private int left;

  PacketBits(byte[] data, int from) {
    this.data = data;
    this.at = from;
  }

  int next() throws CodecException {
    if (left == 0) {
      if (at >= data.length) {
        throw new CodecException("its JPEG 2000 data end too early");
      }
      left = current == 0xff ? 7 : 8;
      current = data[at++] & 0xff;
    }
    left--;
    return current >> left & 1;
  }

  int next(int count) throws CodecException {
    int v = 0;
    for (int i = 0; i < count; i++) {
      v = v << 1 | next();
    }
    return v;
  }

  /** Where the header ends. */
  int end() {
    return current == 0xff ? at + 1 : at;
  }
}
