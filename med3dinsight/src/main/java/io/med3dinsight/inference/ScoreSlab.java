package io.med3dinsight.inference;

import java.util.Arrays;

/**
 * The class scores of those planes of a volume to which windows still add: a ring of planes, each
 * cut to a strip of rows. When no later window reaches a plane, it is complete and makes place.
 */
final class ScoreSlab {
  private final int classes;
  private final int width;
  private final int firstRow;
  private final int rows;
  private final float[][] planes;
  private int ready;

  /**
   * @param planes how many neighbouring planes are held
   * @param firstRow first row of the volume that is held
   * @param rows how many rows
   * @param width row length in voxels
   */
  ScoreSlab(int planes, int firstRow, int rows, int width, int classes) {
    this.classes = classes;
    this.width = width;
    this.firstRow = firstRow;
    this.rows = rows;
    this.planes = new float[planes][Math.multiplyExact(Math.multiplyExact(rows, width), classes)];
  }

  /** Bytes of one row of all planes. */
  static long rowBytes(int planes, int width, int classes) {
    return (long) planes * width * classes * Float.BYTES;
  }

  /** Makes planes up to {@code end - 1} ready for sums, in the places of the oldest. */
  void advance(int end) {
    for (; ready < end; ready++) {
      Arrays.fill(plane(ready), 0);
    }
  }

  /** The scores of plane d, [rows, W, C]. */
  float[] plane(int d) {
    return planes[d % planes.length];
  }

  /** Whether row h of the volume is held. */
  boolean holds(int h) {
    return h >= firstRow && h < firstRow + rows;
  }

  /** Where row h begins in its plane. */
  int row(int h) {
    return (h - firstRow) * width * classes;
  }

  int firstRow() {
    return firstRow;
  }

  int rows() {
    return rows;
  }

  int width() {
    return width;
  }

  int classes() {
    return classes;
  }
}
