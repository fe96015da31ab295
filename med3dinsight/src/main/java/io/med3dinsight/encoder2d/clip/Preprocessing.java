package io.med3dinsight.encoder2d.clip;

import io.med3dinsight.slice.Slice;

/**
 * How a slice becomes what an image tower sees, as open_clip treats a grey picture: the shorter
 * side brought to {@code size} (bicubic, antialiased), the middle cut out, the grey value in all
 * three channels, each scaled by its mean and deviation.
 *
 * @param size S, rows and columns
 * @param mean of red, green, blue, from 0 to 1
 * @param deviation of red, green, blue
 */
record Preprocessing(int size, float[] mean, float[] deviation) {
  /** Version of {@link #picture}: cached embeddings of another one are not used. */
  static final int PICTURE = 1;

  private static final double SQUARE = 0.01;

  /** Values [3,S,S] of a slice. */
  float[] of(Slice slice) {
    int[] extents = {slice.rows(), slice.columns()};
    int[] p = picture(slice, extents);
    return normalized(resized(p, extents[0], extents[1]));
  }

  /**
   * The slice as a radiologist would be shown it: the 1st percentile of the volume black, the 99th
   * white, superior or anterior on top, the patient's right (or, in sagittal slices, anterior) on
   * the left, square pixels.
   *
   * @param extents rows and columns of the result
   */
  private static int[] picture(Slice s, int[] extents) {
    int[] p = new int[s.rows() * s.columns()];
    for (int r = 0; r < s.rows(); r++) {
      for (int c = 0; c < s.columns(); c++) {
        // Rows run towards superior or anterior and columns towards right or anterior: both turn.
        float v = s.scale().normalize(s.at(s.rows() - 1 - r, s.columns() - 1 - c));
        p[r * s.columns() + c] = Math.round((v + 1) * 127.5f);
      }
    }
    double fine = Math.min(s.rowSpacing(), s.columnSpacing());
    boolean usable = fine > 0 && Math.abs(s.rowSpacing() - s.columnSpacing()) > SQUARE * fine;
    if (usable) {
      extents[0] = (int) Math.max(1, Math.round(s.rows() * s.rowSpacing() / fine));
      extents[1] = (int) Math.max(1, Math.round(s.columns() * s.columnSpacing() / fine));
      return PictureResize.bicubic(p, s.rows(), s.columns(), extents[0], extents[1]);
    }
    return p;
  }

  /** Resize and crop of torchvision; pixels [S,S] from 0 to 255. */
  int[] resized(int[] pixels, int rows, int columns) {
    int shorter = Math.min(rows, columns);
    int newRows = rows == shorter ? size : (int) ((long) size * rows / shorter);
    int newColumns = columns == shorter ? size : (int) ((long) size * columns / shorter);
    int[] p = PictureResize.bicubic(pixels, rows, columns, newRows, newColumns);
    // Halves go to the even neighbour, as in Python.
    int top = (int) Math.rint((newRows - size) / 2.0);
    int left = (int) Math.rint((newColumns - size) / 2.0);
    int[] out = new int[size * size];
    for (int r = 0; r < size; r++) {
      System.arraycopy(p, (top + r) * newColumns + left, out, r * size, size);
    }
    return out;
  }

  /** Values [3,S,S] of pixels [S,S]. */
  float[] normalized(int[] pixels) {
    float[] out = new float[3 * pixels.length];
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < pixels.length; i++) {
        out[c * pixels.length + i] = (pixels[i] / 255f - mean[c]) / deviation[c];
      }
    }
    return out;
  }
}
