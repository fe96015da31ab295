package io.med3dinsight.engine.cpu;

import java.util.Arrays;

/** Rows that go into a transform together, of which some may lie outside and are zero. */
final class WinogradRows {
  private final float[] copy;
  private final int[] at;
  private final int length;

  WinogradRows(int count, int length) {
    this.copy = new float[count * length];
    this.at = new int[count];
    this.length = length;
  }

  /** The array that holds the rows last selected. */
  private float[] array;

  float[] array() {
    return array;
  }

  int[] at() {
    return at;
  }

  /** Selects rows y, y + 1, ... of the {@code height} rows at {@code o}. */
  void select(float[] x, int o, int y, int height) {
    boolean inside = y >= 0 && y + at.length <= height;
    array = inside ? x : copy;
    for (int j = 0; j < at.length; j++) {
      int from = o + (y + j) * length;
      at[j] = inside ? from : j * length;
      if (inside) {
        continue;
      }
      if (y + j >= 0 && y + j < height) {
        System.arraycopy(x, from, copy, at[j], length);
      } else {
        Arrays.fill(copy, at[j], at[j] + length, 0f);
      }
    }
  }
}
