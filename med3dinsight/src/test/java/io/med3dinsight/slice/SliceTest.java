package io.med3dinsight.slice;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.slice.SliceChoice.Place;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where left, front and top end up, from a file's header to a slice's rows and columns. */
class SliceTest {
  @TempDir Path folder;

  /**
   * A phantom in a file whose axes run inferior, right, posterior with sizes 2, 0.5 and 1.5 mm; its
   * intensities are 100 right + 10 anterior + superior in mm from the lower left back corner.
   */
  private Volume phantom() {
    // Columns: i (4 voxels) goes down, j (5) to the right, k (6) to the back.
    Affine affine = Affine.of(0, 0.5, 0, 0, 0, 0, -1.5, 7.5, -2, 0, 0, 6);
    Grid grid = Grid.of(6, 5, 4, affine);
    float[] voxels = new float[grid.size()];
    for (int k = 0, at = 0; k < 6; k++) {
      for (int j = 0; j < 5; j++) {
        for (int i = 0; i < 4; i++) {
          double[] mm = affine.apply(i, j, k);
          voxels[at++] = (float) (100 * mm[0] + 10 * mm[1] + mm[2]);
        }
      }
    }
    Path file = folder.resolve("phantom.nii.gz");
    Volume.of(grid, voxels).write(file);
    Volume read = Volume.read(file);
    assertEquals("IRP", Orientation.of(read.grid()).code());
    return Orientation.of(read.grid()).toRas(read);
  }

  private Slice slice(Plane plane, int index) {
    Volume ras = phantom();
    Grid g = ras.grid();
    int[] extents = {g.depth(), g.height(), g.width()};
    double[] spacing = {g.spacing().z(), g.spacing().y(), g.spacing().x()};
    IntensityScale scale = IntensityScale.of(ras.voxels());
    return Slice.of(ras.voxels(), extents, spacing, plane, index, scale);
  }

  private static void check(Slice s, int rows, int columns, double rowMm, double columnMm) {
    assertEquals(rows, s.rows());
    assertEquals(columns, s.columns());
    assertEquals(rowMm, s.rowSpacing(), 1e-6);
    assertEquals(columnMm, s.columnSpacing(), 1e-6);
  }

  @Test
  void axialRowsRunForwardsAndColumnsToTheRight() {
    Slice s = slice(Plane.AXIAL, 3);
    check(s, 6, 5, 1.5, 0.5);
    assertEquals(4, s.count());
    assertEquals(1, s.position());
    assertEquals(6, s.at(0, 0), 1e-4);
    assertEquals(6 + 10 * 7.5, s.at(5, 0), 1e-3);
    assertEquals(6 + 100 * 2, s.at(0, 4), 1e-3);
    assertEquals(List.of("posterior", "anterior", "left", "right"), sides(s.plane()));
  }

  @Test
  void coronalRowsRunUpwardsAndColumnsToTheRight() {
    Slice s = slice(Plane.CORONAL, 0);
    check(s, 4, 5, 2, 0.5);
    assertEquals(6, s.count());
    assertEquals(0, s.position());
    assertEquals(0, s.at(0, 0), 1e-4);
    assertEquals(6, s.at(3, 0), 1e-3);
    assertEquals(200, s.at(0, 4), 1e-3);
    assertEquals(List.of("inferior", "superior", "left", "right"), sides(s.plane()));
  }

  @Test
  void sagittalRowsRunUpwardsAndColumnsForwards() {
    Slice s = slice(Plane.SAGITTAL, 2);
    check(s, 4, 6, 2, 1.5);
    assertEquals(5, s.count());
    assertEquals(0.5, s.position());
    assertEquals(100, s.at(0, 0), 1e-3);
    assertEquals(106, s.at(3, 0), 1e-3);
    assertEquals(175, s.at(0, 5), 1e-3);
    assertEquals(List.of("inferior", "superior", "posterior", "anterior"), sides(s.plane()));
  }

  private static List<String> sides(Plane p) {
    return List.of(p.rowFrom(), p.rowTo(), p.columnFrom(), p.columnTo());
  }

  @Test
  void slicesRunFromFirstToLastSide() {
    assertEquals("inferior superior", Plane.AXIAL.from() + " " + Plane.AXIAL.to());
    assertEquals("posterior anterior", Plane.CORONAL.from() + " " + Plane.CORONAL.to());
    assertEquals("left right", Plane.SAGITTAL.from() + " " + Plane.SAGITTAL.to());
    assertTrue(slice(Plane.AXIAL, 1).at(0, 0) < slice(Plane.AXIAL, 2).at(0, 0));
    assertTrue(slice(Plane.CORONAL, 1).at(0, 0) < slice(Plane.CORONAL, 2).at(0, 0));
    assertTrue(slice(Plane.SAGITTAL, 1).at(0, 0) < slice(Plane.SAGITTAL, 2).at(0, 0));
  }

  @Test
  void percentilesScaleAThumbnail() {
    float[] voxels = new float[101];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = 100 - i;
    }
    IntensityScale scale = IntensityScale.of(voxels);
    assertEquals(new IntensityScale(1, 25, 50, 85, 99), scale);
    assertEquals(-1, scale.normalize(-5));
    assertEquals(1, scale.normalize(1000));
    assertEquals(0, scale.normalize(50), 1e-6);
    assertEquals(0, new IntensityScale(3, 3, 3, 3, 3).normalize(7));
    float[] ramp = new float[8 * 4];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = 10 + i % 4 * 20;
    }
    Slice s = new Slice(Plane.AXIAL, 0, 1, 8, 4, ramp, 1, 1, scale);
    float[] thumb = s.thumbnail(8);
    float[] row = {10, 15, 25, 35, 45, 55, 65, 70};
    for (int i = 0; i < 64; i++) {
      assertEquals(scale.normalize(row[i % 8]), thumb[i], 1e-6);
    }
    assertArrayEquals(s.thumbnail(3), s.thumbnail(3));
  }

  @Test
  void slicesAreChosenEvenly() {
    List<Place> places = SliceChoice.even(new int[] {3, 100, 1}, 10);
    assertEquals(3 + 10 + 1, places.size());
    Set<Place> distinct = new HashSet<>(places);
    assertEquals(places.size(), distinct.size());
    List<Integer> coronal =
        places.stream().filter(p -> p.plane() == Plane.CORONAL).map(Place::index).toList();
    assertEquals(List.of(5, 15, 25, 35, 45, 55, 65, 75, 85, 95), coronal);
  }
}
