package io.med3dinsight.metric;

import io.med3dinsight.volume.Spacing;

/**
 * Exact Euclidean distance transform on an anisotropic grid, one pass per axis over the lower
 * envelope of parabolas.
 *
 * <p>Source: Felzenszwalb, Huttenlocher: Distance transforms of sampled functions. Theory of
 * Computing 8 (2012), 415-428.
 */
final class DistanceTransform {
  private DistanceTransform() {}

  /**
   * Squared distance in mm^2 from every voxel's centre to the nearest voxel of the set, [D, H, W].
   *
   * @param set the voxels at distance 0, [D, H, W], at least one
   */
  static double[] squared(boolean[] set, int depth, int height, int width, Spacing spacing) {
    double[] f = new double[set.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = set[i] ? 0 : Double.POSITIVE_INFINITY;
    }
    int plane = height * width;
    Line x = new Line(width, spacing.x());
    for (int row = 0; row < depth * height; row++) {
      x.transform(f, row * width, 1);
    }
    Line y = new Line(height, spacing.y());
    for (int i = 0; i < depth * width; i++) {
      y.transform(f, i / width * plane + i % width, width);
    }
    Line z = new Line(depth, spacing.z());
    for (int i = 0; i < plane; i++) {
      z.transform(f, i, plane);
    }
    return f;
  }

  /** The transform of one line, with its scratch memory. */
  private static final class Line {
    private final int n;
    private final double step;
    private final int[] vertex;
    private final double[] from;
    private final double[] value;

    Line(int n, double step) {
      this.n = n;
      this.step = step;
      vertex = new int[n];
      from = new double[n + 1];
      value = new double[n];
    }

    void transform(double[] f, int start, int stride) {
      int parabolas = envelope(f, start, stride);
      if (parabolas == 0) {
        return;
      }
      int k = 0;
      for (int q = 0; q < n; q++) {
        while (k + 1 < parabolas && from[k + 1] < q * step) {
          k++;
        }
        double distance = (q - vertex[k]) * step;
        f[start + q * stride] = distance * distance + value[vertex[k]];
      }
    }

    /** Finds which parabolas are lowest where; returns how many. */
    private int envelope(double[] f, int start, int stride) {
      int count = 0;
      for (int q = 0; q < n; q++) {
        double height = f[start + q * stride];
        value[q] = height;
        if (height == Double.POSITIVE_INFINITY) {
          continue;
        }
        double crossing = Double.NEGATIVE_INFINITY;
        while (count > 0) {
          crossing = crossing(vertex[count - 1], q);
          if (crossing > from[count - 1]) {
            break;
          }
          count--;
          crossing = Double.NEGATIVE_INFINITY;
        }
        vertex[count] = q;
        from[count++] = crossing;
      }
      return count;
    }

    /** Position in mm where the parabola at q becomes lower than the one at p < q. */
    private double crossing(int p, int q) {
      double a = p * step;
      double b = q * step;
      return (value[q] + b * b - (value[p] + a * a)) / (2 * (b - a));
    }
  }
}
