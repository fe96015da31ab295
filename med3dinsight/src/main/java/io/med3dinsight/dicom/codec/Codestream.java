package io.med3dinsight.dicom.codec;

/** The bytes of a JPEG 2000 codestream, read with a check of the end. */
record Codestream(byte[] data) {
  int u8(int i) throws CodecException {
    if (i < 0 || i >= data.length) {
      throw new CodecException("its JPEG 2000 data end too early");
    }
    return data[i] & 0xff;
  }

  int u16(int i) throws CodecException {
    return u8(i) << 8 | u8(i + 1);
  }

  int i32(int i) throws CodecException {
    return u16(i) << 16 | u16(i + 2);
  }

  /** A number that has to be less than 2^31. */
  int size(int i) throws CodecException {
    int v = i32(i);
    if (v < 0) {
      throw new CodecException("its JPEG 2000 sizes are damaged");
    }
    return v;
  }

  static long ceilShift(long v, int shift) {
    return -(-v >> shift);
  }
}
