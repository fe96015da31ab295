package io.med3dinsight.classification;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.util.List;

/**
 * The way from a file's voxels to a classifier's input: RAS order, voxels of one size, each the
 * mean over the part of the image that it covers, cut or filled up about the middle. Halving a size
 * is average pooling.
 */
final class InputImages {
  private InputImages() {}

  /** All channels of an image on the network's grid, [channel][D, H, W]; see below. */
  static float[][] fit(List<Volume> channels, Spacing spacing, PatchSize size) {
    float[][] image = new float[channels.size()][];
    for (int c = 0; c < image.length; c++) {
      image[c] = fit(channels.get(c), spacing, size);
    }
    return image;
  }

  /** Normalises each channel of an image in place. */
  static void normalise(float[][] image, List<Normalization> normalizations) {
    for (int c = 0; c < image.length; c++) {
      normalizations.get(c).apply(image[c]);
    }
  }

  /**
   * An image on the network's grid, its intensities as they were. What lies outside the image gets
   * its smallest intensity.
   *
   * @return [D, H, W] of {@code size}
   */
  static float[] fit(Volume file, Spacing spacing, PatchSize size) {
    Volume ras = Orientation.of(file.grid()).toRas(file.requireFinite());
    Grid grid = ras.grid();
    float outside = Float.POSITIVE_INFINITY;
    for (float v : ras.voxels()) {
      outside = Math.min(outside, v);
    }
    int[] from = {grid.depth(), grid.height(), grid.width()};
    int[] to = {size.depth(), size.height(), size.width()};
    float[] x = ras.voxels();
    // W first, then H, then D: an axis at a time.
    for (int axis = 2; axis >= 0; axis--) {
      int fileAxis = 2 - axis;
      double ratio = spacing.along(fileAxis) / grid.spacing().along(fileAxis);
      x = alongAxis(x, from, axis, to[axis], ratio, outside);
      from[axis] = to[axis];
    }
    return x;
  }

  /**
   * @param ratio voxels of the input that one of the output covers
   */
  private static float[] alongAxis(
      float[] x, int[] extents, int axis, int count, double ratio, float outside) {
    int outer = 1;
    int inner = 1;
    for (int a = 0; a < 3; a++) {
      outer *= a < axis ? extents[a] : 1;
      inner *= a > axis ? extents[a] : 1;
    }
    int n = extents[axis];
    float[] y = new float[outer * count * inner];
    double first = (n - count * ratio) / 2;
    for (int i = 0; i < count; i++) {
      double low = first + i * ratio;
      double high = low + ratio;
      double inside = Math.max(0, Math.min(high, n) - Math.max(low, 0));
      float rest = (float) ((1 - inside / ratio) * outside);
      for (int o = 0; o < outer; o++) {
        int at = (o * count + i) * inner;
        java.util.Arrays.fill(y, at, at + inner, inside < ratio * (1 - 1e-9) ? rest : 0);
      }
      int last = Math.min(n - 1, (int) Math.ceil(high) - 1);
      for (int k = Math.max(0, (int) Math.floor(low)); k <= last; k++) {
        double covered = Math.min(high, k + 1) - Math.max(low, k);
        if (covered > 1e-9 * ratio) {
          addRows(x, y, (float) (covered / ratio), outer, inner, n, k, count, i);
        }
      }
    }
    return y;
  }

  private static void addRows(
      float[] x, float[] y, float weight, int outer, int inner, int n, int k, int count, int i) {
    for (int o = 0; o < outer; o++) {
      int from = (o * n + k) * inner;
      int to = (o * count + i) * inner;
      for (int j = 0; j < inner; j++) {
        y[to + j] += weight * x[from + j];
      }
    }
  }
}
