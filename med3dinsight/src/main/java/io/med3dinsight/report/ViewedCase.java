package io.med3dinsight.report;

import io.med3dinsight.DataException;
import io.med3dinsight.slice.IntensityScale;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A case that the page's viewer can show: image, prediction and reference as compressed NIfTI, in
 * RAS order, reduced until they fit a page. Nothing of the image's header but its geometry is kept.
 */
public final class ViewedCase {
  /** Most voxels that a case has in a page: about 2 MiB of it. */
  static final int MOST_VOXELS = 2_500_000;

  private static final int GREYS = 255;

  private final String id;
  private final SortedMap<Integer, String> names;
  private final byte[] image;
  private final byte[] prediction;
  private final byte[] reference;
  private final double[] start;
  private final int[] step;

  private ViewedCase(String id, SortedMap<Integer, String> names, Scan scan) {
    this.id = id;
    this.names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    step = step(scan.image.grid());
    Grid small = reduced(scan.image.grid(), step);
    LabelVolume shown = LabelVolume.of(small, centres(scan.reference, small, step));
    image = nifti(LabelVolume.of(small, greys(means(scan.image, small, step))));
    prediction = nifti(LabelVolume.of(small, centres(scan.prediction, small, step)));
    reference = nifti(shown);
    start =
        new double[] {
          (LabelSlice.fullest(shown, Plane.SAGITTAL) + 0.5) / small.width(),
          (LabelSlice.fullest(shown, Plane.CORONAL) + 0.5) / small.height(),
          (LabelSlice.fullest(shown, Plane.AXIAL) + 0.5) / small.depth()
        };
  }

  /** In RAS order. */
  private record Scan(Volume image, LabelVolume prediction, LabelVolume reference) {}

  /**
   * Prepares a case.
   *
   * @param id name of the case
   * @param image the image, in any orientation
   * @param prediction labels on the same grid
   * @param reference labels on the same grid
   * @param names label value to name; 0 is the background
   * @throws DataException when the grids do not fit together
   */
  public static ViewedCase of(
      String id,
      Volume image,
      LabelVolume prediction,
      LabelVolume reference,
      SortedMap<Integer, String> names) {
    for (LabelVolume labels : new LabelVolume[] {prediction, reference}) {
      if (!labels.grid().sameShape(image.grid())) {
        throw new DataException(
            "case "
                + id
                + ": the labels "
                + labels.source()
                + " have "
                + labels.grid().shapeText()
                + " voxels, but the image has "
                + image.grid().shapeText()
                + "; they must lie on the same grid.");
      }
    }
    // By the image's orientation: the three agree on where a voxel is.
    Orientation turn = Orientation.of(image.grid());
    return new ViewedCase(
        id, names, new Scan(turn.toRas(image), turn.toRas(prediction), turn.toRas(reference)));
  }

  String id() {
    return id;
  }

  SortedMap<Integer, String> names() {
    return names;
  }

  /** Grey values 0 to 255 for the 1st to 99th percentile, .nii.gz. */
  byte[] image() {
    return image;
  }

  /** Labels, .nii.gz. */
  byte[] prediction() {
    return prediction;
  }

  /** Labels, .nii.gz. */
  byte[] reference() {
    return reference;
  }

  /** Where to begin: the fullest slices, as shares of W, H, D. */
  double[] start() {
    return start;
  }

  /** What a reader has to know about how it is shown; empty when nothing. */
  String note() {
    return step[0] * step[1] * step[2] == 1
        ? ""
        : "Reduced for this page to every "
            + step[0]
            + " x "
            + step[1]
            + " x "
            + step[2]
            + " voxels (right, anterior, superior); the scores are those of the full image.";
  }

  /** How many voxels of W, H, D become one: as many as it takes, first where they are smallest. */
  static int[] step(Grid grid) {
    int[] step = {1, 1, 1};
    while (voxels(grid, step) > MOST_VOXELS) {
      int finest = -1;
      for (int axis = 0; axis < 3; axis++) {
        boolean divisible = grid.extent(axis) > step[axis];
        if (divisible && (finest < 0 || size(grid, step, axis) < size(grid, step, finest))) {
          finest = axis;
        }
      }
      step[finest]++;
    }
    return step;
  }

  private static double size(Grid grid, int[] step, int axis) {
    return grid.affine().spacing(axis) * step[axis];
  }

  private static long voxels(Grid grid, int[] step) {
    long product = 1;
    for (int axis = 0; axis < 3; axis++) {
      product *= extent(grid, step, axis);
    }
    return product;
  }

  private static int extent(Grid grid, int[] step, int axis) {
    return (grid.extent(axis) + step[axis] - 1) / step[axis];
  }

  private static Grid reduced(Grid grid, int[] step) {
    double[] middle = {(step[0] - 1) / 2.0, (step[1] - 1) / 2.0, (step[2] - 1) / 2.0};
    Affine coarse =
        Affine.of(step[0], 0, 0, middle[0], 0, step[1], 0, middle[1], 0, 0, step[2], middle[2]);
    return Grid.of(
        extent(grid, step, 2),
        extent(grid, step, 1),
        extent(grid, step, 0),
        grid.affine().times(coarse));
  }

  private static float[] means(Volume image, Grid small, int[] step) {
    Grid grid = image.grid();
    float[] sums = new float[small.size()];
    int[] counts = new int[small.size()];
    for (int d = 0; d < grid.depth(); d++) {
      for (int h = 0; h < grid.height(); h++) {
        int from = grid.index(d, h, 0);
        int to = small.index(d / step[2], h / step[1], 0);
        for (int w = 0; w < grid.width(); w++) {
          sums[to + w / step[0]] += image.voxels()[from + w];
          counts[to + w / step[0]]++;
        }
      }
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= counts[i];
    }
    return sums;
  }

  private static int[] centres(LabelVolume labels, Grid small, int[] step) {
    Grid grid = labels.grid();
    int[] centres = new int[small.size()];
    int at = 0;
    for (int d = 0; d < small.depth(); d++) {
      int fromD = Math.min(grid.depth() - 1, d * step[2] + step[2] / 2);
      for (int h = 0; h < small.height(); h++) {
        int fromH = Math.min(grid.height() - 1, h * step[1] + step[1] / 2);
        for (int w = 0; w < small.width(); w++) {
          int fromW = Math.min(grid.width() - 1, w * step[0] + step[0] / 2);
          centres[at++] = labels.at(fromD, fromH, fromW);
        }
      }
    }
    return centres;
  }

  private static int[] greys(float[] voxels) {
    IntensityScale window = IntensityScale.of(voxels);
    int[] greys = new int[voxels.length];
    for (int i = 0; i < greys.length; i++) {
      greys[i] = Math.round((window.normalize(voxels[i]) + 1) / 2 * GREYS);
    }
    return greys;
  }

  private static byte[] nifti(LabelVolume labels) {
    Path file = null;
    try {
      file = Files.createTempFile("med3dinsight-", ".nii.gz");
      labels.write(file);
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      return bytes;
    } catch (IOException e) {
      throw DataException.of(file == null ? Path.of("the temporary folder") : file, "used", e);
    }
  }
}
