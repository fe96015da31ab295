package io.med3dinsight.nn.checkpoint;

import java.nio.ByteBuffer;

/** Element types of the safetensors format that are read; F32 is written. */
enum StoredType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U8(1),
  BOOL(1);

  final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }

  boolean floating() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }

  /** The next element as a float; F64 is rounded. */
  float nextFloat(ByteBuffer b) {
    return switch (this) {
      case F64 -> (float) b.getDouble();
      case F32 -> b.getFloat();
      case F16 -> half(b.getShort());
      case BF16 -> brain(b.getShort());
      case I64, I32, I16, I8, U8, BOOL -> nextLong(b);
    };
  }

  /** The next element of an integer type. */
  long nextLong(ByteBuffer b) {
    return switch (this) {
      case I64 -> b.getLong();
      case I32 -> b.getInt();
      case I16 -> b.getShort();
      case I8 -> b.get();
      case U8, BOOL -> b.get() & 0xff;
      case F64, F32, F16, BF16 -> throw new IllegalStateException(this + " is no integer type");
    };
  }

  /** IEEE 754 binary16 to binary32; exact, NaN payloads kept. */
  static float half(short bits) {
    int h = bits & 0xffff;
    int sign = (h & 0x8000) << 16;
    int exponent = h >> 10 & 0x1f;
    int mantissa = h & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | mantissa << 13);
    }
    if (exponent == 0) {
      // Zero and subnormals: mantissa * 2^-24 is exact in single precision.
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | exponent + 112 << 23 | mantissa << 13);
  }

  /** bfloat16 is the upper half of binary32. */
  static float brain(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
