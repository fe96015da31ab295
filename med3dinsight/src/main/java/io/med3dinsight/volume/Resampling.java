package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.util.Arrays;
import java.util.Locale;

/**
 * Resampling between grids that fill the same box: the outer borders of the voxels coincide, so the
 * field of view is kept to the last millimetre and the way back ends on exactly the input grid.
 * Images are interpolated trilinearly; nothing is smoothed beforehand when the grid gets coarser.
 */
public final class Resampling {
  /** An array has at most about 2^31 elements. */
  private static final double MOST_BYTES = 4.0 * (Integer.MAX_VALUE - 8);

  private Resampling() {}

  /**
   * The grid that fills the box of {@code grid} with voxels as close to the target size as whole
   * numbers of voxels allow.
   *
   * @param target voxel sizes in mm, greater than 0
   * @throws DataException when that is more voxels than memory can hold, as it is for an image
   *     whose header states absurd voxel sizes
   */
  public static Grid grid(Grid grid, Spacing target) {
    return grid(grid, target, "an image");
  }

  /** The same; {@code what} is named when the grid becomes too large. */
  static Grid grid(Grid grid, Spacing target, String what) {
    int[] extent = new int[3];
    double voxels = 1;
    for (int axis = 0; axis < 3; axis++) {
      if (!(target.along(axis) > 0)) {
        throw new IllegalArgumentException(
            "target spacing " + target + ", expected more than 0 mm");
      }
      double length = grid.extent(axis) * grid.spacing().along(axis);
      double count = Math.max(1, Math.rint(length / target.along(axis)));
      voxels *= count;
      extent[axis] = (int) count;
    }
    if (voxels * Float.BYTES > Math.min(Runtime.getRuntime().maxMemory(), MOST_BYTES)) {
      throw new DataException(
          String.format(
              Locale.ROOT,
              "%s of %s voxels of %s mm becomes %.3g voxels at %s mm, more than memory can hold;"
                  + " check its voxel sizes, start with a larger heap (java -Xmx...) or choose larger"
                  + " voxels.",
              what,
              grid.shapeText(),
              sizes(grid.spacing()),
              voxels,
              sizes(target)));
    }
    return grid(grid, extent[2], extent[1], extent[0]);
  }

  private static String sizes(Spacing s) {
    return String.format(Locale.ROOT, "%.4g x %.4g x %.4g", s.x(), s.y(), s.z());
  }

  /** The grid that fills the box of {@code grid} with this many voxels. */
  public static Grid grid(Grid grid, int depth, int height, int width) {
    int[] extent = {width, height, depth};
    if (Arrays.equals(extent, new int[] {grid.width(), grid.height(), grid.depth()})) {
      return grid;
    }
    double[] rows = new double[12];
    double[] first = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      double ratio = (double) grid.extent(axis) / extent[axis];
      first[axis] = 0.5 * ratio - 0.5;
      for (int r = 0; r < 3; r++) {
        rows[4 * r + axis] = grid.affine().at(r, axis) * ratio;
      }
    }
    double[] start = grid.affine().apply(first[0], first[1], first[2]);
    for (int r = 0; r < 3; r++) {
      rows[4 * r + 3] = start[r];
    }
    return Grid.of(depth, height, width, Affine.of(rows));
  }

  /** The volume with voxels of about the target size; see {@link #grid(Grid, Spacing)}. */
  public static Volume linear(Volume volume, Spacing target) {
    return linear(volume, grid(volume.grid(), target, volume.source()));
  }

  /** The volume, trilinearly interpolated on a grid that fills the same box. */
  public static Volume linear(Volume volume, Grid target) {
    Grid from = volume.grid();
    if (from.sameShape(target)) {
      return volume.with(target, volume.voxels());
    }
    return volume.with(target, linear(volume.voxels(), from, target));
  }

  private static float[] linear(float[] in, Grid from, Grid to) {
    LinearAxis x = LinearAxis.of(from.width(), to.width());
    LinearAxis y = LinearAxis.of(from.height(), to.height());
    LinearAxis z = LinearAxis.of(from.depth(), to.depth());
    float[] out = new float[to.size()];
    int at = 0;
    for (int d = 0; d < to.depth(); d++) {
      for (int h = 0; h < to.height(); h++) {
        int a = from.index(z.low()[d], y.low()[h], 0);
        int b = from.index(z.low()[d], y.high()[h], 0);
        int c = from.index(z.high()[d], y.low()[h], 0);
        int e = from.index(z.high()[d], y.high()[h], 0);
        float wy = y.weight()[h];
        float wz = z.weight()[d];
        for (int w = 0; w < to.width(); w++) {
          int l = x.low()[w];
          int r = x.high()[w];
          float wx = x.weight()[w];
          float top = mix(mix(in[a + l], in[a + r], wx), mix(in[b + l], in[b + r], wx), wy);
          float end = mix(mix(in[c + l], in[c + r], wx), mix(in[e + l], in[e + r], wx), wy);
          out[at++] = mix(top, end, wz);
        }
      }
    }
    return out;
  }

  private static float mix(float a, float b, float weight) {
    return a + (b - a) * weight;
  }

  /** The labels on a grid that fills the same box, each voxel from the nearest one. */
  public static LabelVolume nearest(LabelVolume labels, Grid target) {
    Grid from = labels.grid();
    LinearAxis x = LinearAxis.of(from.width(), target.width());
    LinearAxis y = LinearAxis.of(from.height(), target.height());
    LinearAxis z = LinearAxis.of(from.depth(), target.depth());
    int[] in = labels.labels();
    int[] out = new int[target.size()];
    int at = 0;
    for (int d = 0; d < target.depth(); d++) {
      for (int h = 0; h < target.height(); h++) {
        int row = from.index(z.nearest(d), y.nearest(h), 0);
        for (int w = 0; w < target.width(); w++) {
          out[at++] = in[row + x.nearest(w)];
        }
      }
    }
    return labels.with(target, out);
  }

  /**
   * The labels on a grid that fills the same box: each class is interpolated trilinearly and every
   * voxel takes the class with the largest share (the lowest label of equals), which keeps
   * boundaries smooth where {@link #nearest} would make steps.
   */
  public static LabelVolume perClass(LabelVolume labels, Grid target) {
    Grid from = labels.grid();
    if (from.sameShape(target)) {
      return labels.with(target, labels.labels());
    }
    int[] in = labels.labels();
    float[] mask = new float[in.length];
    float[] best = new float[target.size()];
    int[] out = new int[target.size()];
    Arrays.fill(best, -1);
    for (int label : labels.values()) {
      for (int i = 0; i < in.length; i++) {
        mask[i] = in[i] == label ? 1 : 0;
      }
      float[] share = linear(mask, from, target);
      for (int i = 0; i < out.length; i++) {
        if (share[i] > best[i]) {
          best[i] = share[i];
          out[i] = label;
        }
      }
    }
    return labels.with(target, out);
  }
}
