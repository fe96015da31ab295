package io.med3dinsight.classification;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.dataset.Draws;
import io.med3dinsight.dataset.PatchSize;

/**
 * Random changes of whole images: flips, right angles, small rotations, magnification and shifts in
 * one trilinear pass, then intensities. What comes in from outside repeats the border.
 */
final class RandomChanges {
  private final PatchSize size;
  private final int[] extents;
  private final ClassificationSettings settings;

  RandomChanges(PatchSize size, ClassificationSettings settings) {
    this.size = size;
    this.extents = new int[] {size.depth(), size.height(), size.width()};
    this.settings = settings;
  }

  /**
   * Writes a changed copy of an image: one geometry for all channels, since they show one body, and
   * its own intensities for each.
   *
   * @param image [channel][D, H, W]
   * @param out receives [channel, D, H, W] from {@code at}
   */
  void draw(float[][] image, Draws draws, float[] out, int at) {
    double[][] m = identity();
    if (settings.rightAngles()) {
      m = rightAngles(m, draws);
    }
    Augmentation a = settings.augmentation();
    boolean[] flips = {a.flipZ(), a.flipY(), a.flipX()};
    for (int axis = 0; axis < 3; axis++) {
      if (flips[axis] && draws.chance(0.5)) {
        scaleRow(m, axis, -1);
      }
    }
    boolean smooth = false;
    if (draws.chance(a.rotation().probability())) {
      m = rotate(m, a.rotation(), draws);
      smooth = true;
    }
    if (draws.chance(a.scaling().probability())) {
      double factor = 1 / draws.uniform(a.scaling().low(), a.scaling().high());
      for (int axis = 0; axis < 3; axis++) {
        scaleRow(m, axis, factor);
      }
      smooth = true;
    }
    double[] shift = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      shift[axis] = draws.uniform(-settings.shift(), settings.shift());
      // Whole voxels keep an otherwise straight image sharp.
      shift[axis] = smooth ? shift[axis] : Math.rint(shift[axis]);
    }
    for (int c = 0; c < image.length; c++) {
      int to = at + c * size.voxels();
      resample(image[c], m, shift, out, to);
      a.changeIntensities(out, to, size, draws);
    }
  }

  private static double[][] identity() {
    return new double[][] {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  }

  private static void scaleRow(double[][] m, int row, double factor) {
    for (int c = 0; c < 3; c++) {
      m[row][c] *= factor;
    }
  }

  /** Turns by 0, 90, 180 or 270 degrees about each axis across which the extents are equal. */
  private double[][] rightAngles(double[][] start, Draws draws) {
    double[][] m = start;
    for (int axis = 0; axis < 3; axis++) {
      int i = (axis + 1) % 3;
      int j = (axis + 2) % 3;
      int turns = draws.nextInt(4);
      if (extents[i] == extents[j]) {
        int[] cos = {1, 0, -1, 0};
        m = turn(m, i, j, cos[turns], cos[(turns + 3) % 4]);
      }
    }
    return m;
  }

  private static double[][] rotate(double[][] start, Change change, Draws draws) {
    double[][] m = start;
    for (int axis = 0; axis < 3; axis++) {
      double angle = StrictMath.toRadians(draws.uniform(change.low(), change.high()));
      m = turn(m, (axis + 1) % 3, (axis + 2) % 3, StrictMath.cos(angle), StrictMath.sin(angle));
    }
    return m;
  }

  private static double[][] turn(double[][] m, int i, int j, double cos, double sin) {
    double[][] out = {m[0].clone(), m[1].clone(), m[2].clone()};
    for (int c = 0; c < 3; c++) {
      out[i][c] = cos * m[i][c] - sin * m[j][c];
      out[j][c] = sin * m[i][c] + cos * m[j][c];
    }
    return out;
  }

  private void resample(float[] image, double[][] m, double[] shift, float[] out, int at) {
    double[] middle = new double[3];
    for (int a = 0; a < 3; a++) {
      middle[a] = (extents[a] - 1) / 2.0;
    }
    int to = at;
    for (int d = 0; d < extents[0]; d++) {
      for (int h = 0; h < extents[1]; h++) {
        for (int w = 0; w < extents[2]; w++) {
          double u = d - middle[0];
          double v = h - middle[1];
          double t = w - middle[2];
          out[to++] =
              at(
                  image,
                  m[0][0] * u + m[0][1] * v + m[0][2] * t + middle[0] + shift[0],
                  m[1][0] * u + m[1][1] * v + m[1][2] * t + middle[1] + shift[1],
                  m[2][0] * u + m[2][1] * v + m[2][2] * t + middle[2] + shift[2]);
        }
      }
    }
  }

  /** The image at a place in voxels, trilinearly. */
  private float at(float[] image, double d, double h, double w) {
    double z = Math.min(Math.max(d, 0), extents[0] - 1);
    double y = Math.min(Math.max(h, 0), extents[1] - 1);
    double x = Math.min(Math.max(w, 0), extents[2] - 1);
    int iz = (int) z;
    int iy = (int) y;
    int ix = (int) x;
    int right = ix < extents[2] - 1 ? 1 : 0;
    int back = iy < extents[1] - 1 ? extents[2] : 0;
    int up = iz < extents[0] - 1 ? extents[1] * extents[2] : 0;
    int p = (iz * extents[1] + iy) * extents[2] + ix;
    float fx = (float) (x - ix);
    float fy = (float) (y - iy);
    float low = plane(image, p, right, back, fx, fy);
    float high = plane(image, p + up, right, back, fx, fy);
    return mix(low, high, (float) (z - iz));
  }

  private static float plane(float[] image, int p, int right, int back, float fx, float fy) {
    return mix(
        mix(image[p], image[p + right], fx), mix(image[p + back], image[p + back + right], fx), fy);
  }

  private static float mix(float a, float b, float weight) {
    return a + (b - a) * weight;
  }
}
