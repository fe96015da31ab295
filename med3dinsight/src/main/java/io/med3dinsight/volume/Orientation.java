package io.med3dinsight.volume;

import java.util.Arrays;

/**
 * How a grid's axes lie in the patient: which file axis runs along x (right), y (anterior) and z
 * (superior), and in which direction. Turning to RAS permutes and flips voxels, so nothing is
 * interpolated and the way back is exact.
 *
 * <p>Each axis goes to the anatomical direction that it is closest to, found as nibabel's {@code
 * io_orientation} does: on the rotation part of the affine's polar decomposition, axis by axis, the
 * largest entry first come.
 */
public final class Orientation {
  private final int[] fileAxis;
  private final boolean[] flipped;

  private Orientation(int[] fileAxis, boolean[] flipped) {
    this.fileAxis = fileAxis;
    this.flipped = flipped;
  }

  /** The orientation of a grid. */
  public static Orientation of(Grid grid) {
    double[][] rotation = rotation(grid.affine());
    int[] fileAxis = new int[3];
    boolean[] flipped = new boolean[3];
    boolean[] taken = new boolean[3];
    for (int in = 0; in < 3; in++) {
      int best = -1;
      for (int out = 0; out < 3; out++) {
        boolean larger = best < 0 || Math.abs(rotation[out][in]) > Math.abs(rotation[best][in]);
        if (!taken[out] && larger) {
          best = out;
        }
      }
      taken[best] = true;
      fileAxis[best] = in;
      flipped[best] = rotation[best][in] < 0;
    }
    return new Orientation(fileAxis, flipped);
  }

  /** Orthogonal factor of the polar decomposition of the direction cosines (Newton iteration). */
  private static double[][] rotation(Affine affine) {
    Affine x =
        Affine.of(
            affine.at(0, 0) / affine.spacing(0),
            affine.at(0, 1) / affine.spacing(1),
            affine.at(0, 2) / affine.spacing(2),
            0,
            affine.at(1, 0) / affine.spacing(0),
            affine.at(1, 1) / affine.spacing(1),
            affine.at(1, 2) / affine.spacing(2),
            0,
            affine.at(2, 0) / affine.spacing(0),
            affine.at(2, 1) / affine.spacing(1),
            affine.at(2, 2) / affine.spacing(2),
            0);
    for (int step = 0; step < 60; step++) {
      Affine inverse = x.inverse();
      double[] next = new double[12];
      for (int r = 0; r < 3; r++) {
        for (int c = 0; c < 3; c++) {
          next[4 * r + c] = (x.at(r, c) + inverse.at(c, r)) / 2;
        }
      }
      Affine newer = Affine.of(next);
      double change = newer.distance(x);
      x = newer;
      if (change < 1e-12) {
        break;
      }
    }
    double[][] rotation = new double[3][3];
    for (int r = 0; r < 3; r++) {
      for (int c = 0; c < 3; c++) {
        rotation[r][c] = x.at(r, c);
      }
    }
    return rotation;
  }

  /** True when the axes already run to right, anterior and superior. */
  public boolean isRas() {
    return Arrays.equals(fileAxis, new int[] {0, 1, 2})
        && !flipped[0]
        && !flipped[1]
        && !flipped[2];
  }

  /** The directions to which the file's axes i, j, k run, such as "LPS". */
  public String code() {
    char[] code = new char[3];
    for (int out = 0; out < 3; out++) {
      code[fileAxis[out]] = (flipped[out] ? "LPI" : "RAS").charAt(out);
    }
    return new String(code);
  }

  /** The same voxels in RAS order. */
  public Volume toRas(Volume volume) {
    if (isRas()) {
      return volume;
    }
    float[] out = new float[volume.voxels().length];
    float[] in = volume.voxels();
    walk(volume.grid(), (ras, file) -> out[ras] = in[file]);
    return volume.with(toRas(volume.grid()), out);
  }

  /** The same labels in RAS order. */
  public LabelVolume toRas(LabelVolume volume) {
    if (isRas()) {
      return volume;
    }
    int[] out = new int[volume.labels().length];
    int[] in = volume.labels();
    walk(volume.grid(), (ras, file) -> out[ras] = in[file]);
    return volume.with(toRas(volume.grid()), out);
  }

  /**
   * Labels in RAS order, back in the order of the file's grid.
   *
   * @param file the grid of which this is the orientation
   * @throws IllegalArgumentException when the labels do not have the extents of its RAS order
   */
  public LabelVolume fromRas(LabelVolume ras, Grid file) {
    requireShape(ras.grid(), file);
    int[] out = new int[ras.labels().length];
    int[] in = ras.labels();
    walk(file, (r, f) -> out[f] = in[r]);
    return ras.with(file, out);
  }

  /** Intensities in RAS order, back in the order of the file's grid; see the other method. */
  public Volume fromRas(Volume ras, Grid file) {
    requireShape(ras.grid(), file);
    float[] out = new float[ras.voxels().length];
    float[] in = ras.voxels();
    walk(file, (r, f) -> out[f] = in[r]);
    return ras.with(file, out);
  }

  /**
   * Labels in the order of another grid whose voxels lie in the same places, only along other axes
   * or the other way round; as they are when the two grids have different voxels.
   *
   * @param tolerance by how many mm places may differ
   */
  public static LabelVolume turned(LabelVolume labels, Grid grid, double tolerance) {
    Orientation from = of(labels.grid());
    Orientation to = of(grid);
    if (from.equals(to) || !from.toRas(labels.grid()).sameSpace(to.toRas(grid), tolerance)) {
      return labels;
    }
    return to.fromRas(from.toRas(labels), grid);
  }

  private void requireShape(Grid ras, Grid file) {
    if (!ras.sameShape(toRas(file))) {
      throw new IllegalArgumentException(
          "voxels of " + ras.shapeText() + " do not come from a grid of " + file.shapeText());
    }
  }

  /** The grid of the same voxels in RAS order. */
  public Grid toRas(Grid file) {
    if (isRas()) {
      return file;
    }
    double[] rows = new double[12];
    double[] first = new double[3];
    for (int out = 0; out < 3; out++) {
      int in = fileAxis[out];
      first[in] = flipped[out] ? file.extent(in) - 1 : 0;
      for (int r = 0; r < 3; r++) {
        rows[4 * r + out] = flipped[out] ? -file.affine().at(r, in) : file.affine().at(r, in);
      }
    }
    double[] start = file.affine().apply(first[0], first[1], first[2]);
    for (int r = 0; r < 3; r++) {
      rows[4 * r + 3] = start[r];
    }
    return Grid.of(
        file.extent(fileAxis[2]),
        file.extent(fileAxis[1]),
        file.extent(fileAxis[0]),
        Affine.of(rows));
  }

  /** How far apart neighbours along the RAS axes W, H and D lie in the file's order. */
  int[] strides(Grid file) {
    int[] fileStride = {1, file.width(), file.width() * file.height()};
    int[] stride = new int[3];
    for (int out = 0; out < 3; out++) {
      int in = fileAxis[out];
      stride[out] = flipped[out] ? -fileStride[in] : fileStride[in];
    }
    return stride;
  }

  /** Index of the first RAS voxel in the file's order. */
  int start(Grid file) {
    int[] stride = strides(file);
    int start = 0;
    for (int out = 0; out < 3; out++) {
      start -= flipped[out] ? (file.extent(fileAxis[out]) - 1) * stride[out] : 0;
    }
    return start;
  }

  private interface Pair {
    void at(int ras, int file);
  }

  /** Visits every voxel once, with its index in RAS order and in the file's order. */
  private void walk(Grid file, Pair pair) {
    int[] stride = strides(file);
    int start = start(file);
    int[] extent = {file.extent(fileAxis[0]), file.extent(fileAxis[1]), file.extent(fileAxis[2])};
    int ras = 0;
    for (int d = 0; d < extent[2]; d++) {
      for (int h = 0; h < extent[1]; h++) {
        int at = start + d * stride[2] + h * stride[1];
        for (int w = 0; w < extent[0]; w++) {
          pair.at(ras++, at);
          at += stride[0];
        }
      }
    }
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Orientation other
        && Arrays.equals(fileAxis, other.fileAxis)
        && Arrays.equals(flipped, other.flipped);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(fileAxis) + Arrays.hashCode(flipped);
  }

  @Override
  public String toString() {
    return "Orientation[" + code() + "]";
  }
}
