package io.med3dinsight.report;

import io.med3dinsight.slice.Plane;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import java.util.function.IntPredicate;

/**
 * One plane of a label map in RAS order.
 *
 * @param rows number of rows, running as {@link Plane} says
 * @param columns number of columns
 * @param labels row-major
 */
record LabelSlice(int rows, int columns, int[] labels) {

  static LabelSlice of(LabelVolume ras, Plane plane, int index) {
    int[] extents = extents(ras.grid());
    int[] strides = {extents[1] * extents[2], extents[2], 1};
    int rowAxis = plane == Plane.AXIAL ? 1 : 0;
    int columnAxis = plane == Plane.SAGITTAL ? 1 : 2;
    int rows = extents[rowAxis];
    int columns = extents[columnAxis];
    int[] labels = new int[rows * columns];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        labels[r * columns + c] =
            ras.labels()[
                index * strides[plane.axis()] + r * strides[rowAxis] + c * strides[columnAxis]];
      }
    }
    return new LabelSlice(rows, columns, labels);
  }

  /** D, H, W. */
  static int[] extents(Grid grid) {
    return new int[] {grid.depth(), grid.height(), grid.width()};
  }

  /**
   * The slice with most voxels of any structure, the first of equals; the middle one when there is
   * none.
   */
  static int fullest(LabelVolume ras, Plane plane) {
    int[] extents = extents(ras.grid());
    int slices = extents[plane.axis()];
    int stride =
        plane == Plane.AXIAL ? extents[1] * extents[2] : plane == Plane.CORONAL ? extents[2] : 1;
    long[] count = new long[slices];
    for (int i = 0; i < ras.labels().length; i++) {
      if (ras.labels()[i] != 0) {
        count[i / stride % slices]++;
      }
    }
    int best = slices / 2;
    long most = 0;
    for (int s = 0; s < slices; s++) {
      if (count[s] > most) {
        most = count[s];
        best = s;
      }
    }
    return best;
  }

  /** True where the label passes; false outside the slice. */
  boolean at(int row, int column, IntPredicate label) {
    return row >= 0
        && column >= 0
        && row < rows
        && column < columns
        && label.test(labels[row * columns + column]);
  }
}
