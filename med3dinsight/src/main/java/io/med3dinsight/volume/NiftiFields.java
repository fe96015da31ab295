package io.med3dinsight.volume;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Header fields of either NIfTI version by name. ANALYZE 7.5 headers are laid out as NIfTI-1, where
 * they have the field.
 *
 * <p>Source: nifti1.h and nifti2.h of the NIfTI data format working group.
 *
 * @param b the header, in its byte order
 * @param two whether it is NIfTI-2
 */
record NiftiFields(ByteBuffer b, boolean two) {
  static final int BYTES_1 = 348;
  static final int BYTES_2 = 540;

  long dim(int i) {
    return two ? b.getLong(16 + 8 * i) : b.getShort(40 + 2 * i);
  }

  double pixdim(int i) {
    return two ? b.getDouble(104 + 8 * i) : b.getFloat(76 + 4 * i);
  }

  int datatype() {
    return b.getShort(two ? 12 : 70);
  }

  double voxelOffset() {
    return two ? b.getLong(168) : b.getFloat(108);
  }

  double slope() {
    return two ? b.getDouble(176) : b.getFloat(112);
  }

  double intercept() {
    return two ? b.getDouble(184) : b.getFloat(116);
  }

  int intent() {
    return two ? b.getInt(504) : b.getShort(68);
  }

  int units() {
    return (two ? b.getInt(500) : b.get(123)) & 0xff;
  }

  int qformCode() {
    return Math.max(0, two ? b.getInt(344) : b.getShort(252));
  }

  int sformCode() {
    return Math.max(0, two ? b.getInt(348) : b.getShort(254));
  }

  Qform qform() {
    double[] q = new double[6];
    for (int i = 0; i < 6; i++) {
      q[i] = two ? b.getDouble(352 + 8 * i) : b.getFloat(256 + 4 * i);
    }
    return new Qform(q[0], q[1], q[2], q[3], q[4], q[5], pixdim(0) < 0 ? -1 : 1);
  }

  Affine sform() {
    double[] rows = new double[12];
    for (int i = 0; i < 12; i++) {
      rows[i] = two ? b.getDouble(400 + 8 * i) : b.getFloat(280 + 4 * i);
    }
    return Affine.of(rows);
  }

  String description() {
    int at = two ? 240 : 148;
    int end = at;
    while (end < at + 79 && b.get(end) != 0) {
      end++;
    }
    return text(at, end - at);
  }

  String magic() {
    return text(two ? 4 : 344, 3).replace('\0', ' ');
  }

  private String text(int at, int count) {
    return new String(b.array(), at, count, StandardCharsets.ISO_8859_1);
  }

  // ---- ANALYZE, where it differs

  /** SPM's origin along an axis, counted from 1. */
  int origin(int axis) {
    return b.getShort(253 + 2 * axis);
  }

  float calMax() {
    return b.getFloat(124);
  }

  float calMin() {
    return b.getFloat(128);
  }

  int glMax() {
    return b.getInt(140);
  }

  int glMin() {
    return b.getInt(144);
  }
}
