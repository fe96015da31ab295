package io.med3dinsight.volume;

import io.med3dinsight.DataException;

/** The number types in which NIfTI stores voxels, with their codes in nifti1.h. */
public enum VoxelType {
  UINT8(2, 1, 0, 255),
  INT16(4, 2, Short.MIN_VALUE, Short.MAX_VALUE),
  INT32(8, 4, Integer.MIN_VALUE, Integer.MAX_VALUE),
  FLOAT32(16, 4, -Float.MAX_VALUE, Float.MAX_VALUE),
  FLOAT64(64, 8, -Double.MAX_VALUE, Double.MAX_VALUE),
  INT8(256, 1, Byte.MIN_VALUE, Byte.MAX_VALUE),
  UINT16(512, 2, 0, 65535),
  UINT32(768, 4, 0, 4294967295.0),
  INT64(1024, 8, -0x1p63, 0x1p63),
  UINT64(1280, 8, 0, 0x1p64);

  private final int code;
  private final int bytes;
  private final double lowest;
  private final double highest;

  VoxelType(int code, int bytes, double lowest, double highest) {
    this.code = code;
    this.bytes = bytes;
    this.lowest = lowest;
    this.highest = highest;
  }

  /** NIfTI's datatype code. */
  int code() {
    return code;
  }

  /** Bytes of one voxel. */
  public int bytes() {
    return bytes;
  }

  /** True for the floating point types. */
  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64;
  }

  /** True when the value can be stored without change. */
  boolean holds(float value) {
    if (isFloating()) {
      return true;
    }
    // 2^63 and 2^64 themselves do not fit, while every other bound is inclusive.
    boolean below = bytes == 8 ? value < highest : value <= highest;
    return value >= lowest && below && value == Math.rint(value) && !isNegativeZero(value);
  }

  /** True when every whole number from {@code from} to {@code to} can be stored. */
  boolean spans(int from, int to) {
    return from >= lowest && to <= highest;
  }

  private static boolean isNegativeZero(float value) {
    return value == 0 && 1 / value < 0;
  }

  /** The type of a datatype code; {@code file} is named when it is none of these. */
  static VoxelType ofCode(int code, String file) {
    for (VoxelType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    String name =
        switch (code) {
          case 1 -> "binary";
          case 32, 1792, 2048 -> "complex";
          case 128, 2304 -> "RGB";
          case 1536 -> "float128";
          default -> "unknown";
        };
    throw new DataException(
        file
            + " stores voxels as NIfTI datatype "
            + code
            + " ("
            + name
            + "); integers of 8 to 64 bits, float32 and float64 can be read, so convert it to one of these.");
  }
}
