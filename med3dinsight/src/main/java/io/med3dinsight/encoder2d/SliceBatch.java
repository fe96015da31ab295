package io.med3dinsight.encoder2d;

import io.med3dinsight.slice.Plane;
import java.util.List;

/**
 * Slices as network input: the thumbnail, and the plane as one channel of ones among zeros.
 *
 * @param rows N, number of slices
 * @param size S, rows and columns of a thumbnail
 * @param values [N,1,S,S,4]: intensity, axial, coronal, sagittal
 */
record SliceBatch(int rows, int size, float[] values) {
  static final int CHANNELS = 1 + Plane.values().length;

  /**
   * @param thumbnails [N][S*S]
   */
  static SliceBatch of(List<float[]> thumbnails, List<Plane> planes, int size) {
    int pixels = size * size;
    float[] v = new float[thumbnails.size() * pixels * CHANNELS];
    for (int i = 0; i < thumbnails.size(); i++) {
      float[] t = thumbnails.get(i);
      if (t.length != pixels) {
        throw new IllegalArgumentException(
            "A thumbnail has " + t.length + " pixels; expected " + size + " x " + size + ".");
      }
      int channel = 1 + planes.get(i).ordinal();
      for (int p = 0; p < pixels; p++) {
        int o = (i * pixels + p) * CHANNELS;
        v[o] = t[p];
        v[o + channel] = 1f;
      }
    }
    return new SliceBatch(thumbnails.size(), size, v);
  }
}
