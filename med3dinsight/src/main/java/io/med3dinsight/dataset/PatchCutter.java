package io.med3dinsight.dataset;

import io.med3dinsight.volume.Grid;

/**
 * Fills a patch from one channel of a case: image trilinearly, labels from the nearest voxel, in
 * one pass. What lies outside the case is 0 in the image (the mean of a normalised one) and
 * background in the labels; the outer half of the border voxels still counts as inside.
 */
final class PatchCutter {
  private final TrainingCase source;
  private final Grid grid;
  private final PatchSize size;
  private final float[] in;
  private final Placement placement;

  PatchCutter(TrainingCase source, int channel, PatchSize size, Placement placement) {
    this.source = source;
    this.grid = source.grid();
    this.size = size;
    this.in = source.channels()[channel];
    this.placement = placement;
  }

  void cut(float[] image, int imageAt, int[] labels, int labelsAt) {
    double[] m = placement.matrix();
    double[] c = placement.centre();
    double x0 = -(size.width() - 1) / 2.0;
    for (int d = 0; d < size.depth(); d++) {
      double z = d - (size.depth() - 1) / 2.0;
      for (int h = 0; h < size.height(); h++) {
        double y = h - (size.height() - 1) / 2.0;
        double sx = c[0] + m[0] * x0 + m[1] * y + m[2] * z;
        double sy = c[1] + m[3] * x0 + m[4] * y + m[5] * z;
        double sz = c[2] + m[6] * x0 + m[7] * y + m[8] * z;
        int row = (d * size.height() + h) * size.width();
        if (placement.straight()) {
          int at = rowOf((int) Math.rint(sy), (int) Math.rint(sz));
          copyRow(
              at, (int) Math.rint(sx), (int) m[0], image, imageAt + row, labels, labelsAt + row);
        } else {
          mixRow((float) sx, (float) sy, (float) sz, image, imageAt + row, labels, labelsAt + row);
        }
      }
    }
  }

  /** Index of the first voxel of a row of the case, negative when the row lies outside. */
  private int rowOf(int y, int z) {
    boolean inside = y >= 0 && y < grid.height() && z >= 0 && z < grid.depth();
    return inside ? grid.index(z, y, 0) : -1;
  }

  private void copyRow(
      int row, int x0, int step, float[] image, int imageAt, int[] labels, int labelsAt) {
    int[] marks = source.labels();
    int width = grid.width();
    for (int w = 0; w < size.width(); w++) {
      int x = x0 + step * w;
      boolean inside = row >= 0 && x >= 0 && x < width;
      image[imageAt + w] = inside ? in[row + x] : 0;
      labels[labelsAt + w] = inside ? marks[row + x] : 0;
    }
  }

  private void mixRow(
      float x0, float y0, float z0, float[] image, int imageAt, int[] labels, int labelsAt) {
    int[] marks = source.labels();
    float dx = (float) placement.matrix()[0];
    float dy = (float) placement.matrix()[3];
    float dz = (float) placement.matrix()[6];
    int lastX = grid.width() - 1;
    int lastY = grid.height() - 1;
    int lastZ = grid.depth() - 1;
    int rowStride = grid.width();
    int planeStride = grid.width() * grid.height();
    for (int w = 0; w < size.width(); w++) {
      float x = x0 + w * dx;
      float y = y0 + w * dy;
      float z = z0 + w * dz;
      if (!(x > -0.5f && y > -0.5f && z > -0.5f)
          || !(x < lastX + 0.5f && y < lastY + 0.5f && z < lastZ + 0.5f)) {
        image[imageAt + w] = 0;
        labels[labelsAt + w] = 0;
        continue;
      }
      int nearX = (int) (x + 0.5f);
      int nearY = (int) (y + 0.5f);
      int nearZ = (int) (z + 0.5f);
      labels[labelsAt + w] = marks[nearX + nearY * rowStride + nearZ * planeStride];
      x = Math.min(Math.max(x, 0), lastX);
      y = Math.min(Math.max(y, 0), lastY);
      z = Math.min(Math.max(z, 0), lastZ);
      int ix = (int) x;
      int iy = (int) y;
      int iz = (int) z;
      float wx = x - ix;
      float wy = y - iy;
      float wz = z - iz;
      int a = ix + iy * rowStride + iz * planeStride;
      int right = ix < lastX ? 1 : 0;
      int b = iy < lastY ? a + rowStride : a;
      int up = iz < lastZ ? planeStride : 0;
      float low = mix(mix(in[a], in[a + right], wx), mix(in[b], in[b + right], wx), wy);
      int e = a + up;
      int f = b + up;
      float high = mix(mix(in[e], in[e + right], wx), mix(in[f], in[f + right], wx), wy);
      image[imageAt + w] = mix(low, high, wz);
    }
  }

  private static float mix(float a, float b, float weight) {
    return a + (b - a) * weight;
  }
}
