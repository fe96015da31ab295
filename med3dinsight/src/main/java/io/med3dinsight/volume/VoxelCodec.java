package io.med3dinsight.volume;

import java.nio.ByteBuffer;

/** Conversion between stored voxels and numbers. */
final class VoxelCodec {
  private VoxelCodec() {}

  /** Reads {@code count} voxels from the buffer's start, in the buffer's byte order. */
  static void decode(ByteBuffer in, VoxelType type, double[] out, int count) {
    for (int i = 0; i < count; i++) {
      out[i] =
          switch (type) {
            case UINT8 -> in.get(i) & 0xff;
            case INT8 -> in.get(i);
            case INT16 -> in.getShort(2 * i);
            case UINT16 -> in.getShort(2 * i) & 0xffff;
            case INT32 -> in.getInt(4 * i);
            case UINT32 -> in.getInt(4 * i) & 0xffffffffL;
            case FLOAT32 -> in.getFloat(4 * i);
            case INT64 -> in.getLong(8 * i);
            case UINT64 -> unsigned(in.getLong(8 * i));
            case FLOAT64 -> in.getDouble(8 * i);
          };
    }
  }

  private static double unsigned(long v) {
    // The lowest bit stays in, so that halving does not change how the value rounds.
    return v >= 0 ? v : 2.0 * (v >>> 1 | v & 1);
  }

  /** Appends one value, which the type must hold. */
  static void encode(ByteBuffer out, VoxelType type, float v) {
    switch (type) {
      case UINT8, INT8 -> out.put((byte) v);
      case INT16, UINT16 -> out.putShort((short) v);
      case INT32, UINT32 -> out.putInt((int) (long) v);
      case INT64 -> out.putLong((long) v);
      case UINT64 -> out.putLong(v < 0x1p63f ? (long) v : (long) (v - 0x1p63f) | Long.MIN_VALUE);
      case FLOAT32 -> out.putFloat(v);
      case FLOAT64 -> out.putDouble(v);
    }
  }

  /** Appends one label, which the type must hold. */
  static void encode(ByteBuffer out, VoxelType type, int v) {
    switch (type) {
      case UINT8, INT8 -> out.put((byte) v);
      case INT16, UINT16 -> out.putShort((short) v);
      case INT32, UINT32 -> out.putInt(v);
      case INT64, UINT64 -> out.putLong(v);
      case FLOAT32 -> out.putFloat(v);
      case FLOAT64 -> out.putDouble(v);
    }
  }
}
