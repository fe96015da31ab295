package io.med3dinsight.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PatchSamplerTest {
  private static final Change NEVER = Change.NEVER;
  private static final Spacing MM = new Spacing(1, 2, 3);
  private static final Grid GRID = Grid.of(24, 26, 28, MM);
  private static final PatchSize SIZE = new PatchSize(8, 9, 10);

  private record Patch(float[] image, int[] labels) {}

  private static Augmentation geometry(boolean flips, Change rotation, Change scaling) {
    return new Augmentation(
        flips, flips, flips, rotation, scaling, NEVER, NEVER, NEVER, NEVER, NEVER);
  }

  private static TrainingCase source(Grid grid, float[] image, int[] labels) {
    return TrainingCase.of("case", Volume.of(grid, image), LabelVolume.of(grid, labels));
  }

  /** Intensity is the voxel's coordinate along an axis, so that a patch says where it was cut. */
  private static TrainingCase coordinate(Grid grid, int axis, int[] labels) {
    float[] image = new float[grid.size()];
    for (int i = 0; i < image.length; i++) {
      int[] at = {
        i % grid.width(), i / grid.width() % grid.height(), i / grid.width() / grid.height()
      };
      image[i] = at[axis];
    }
    return source(grid, image, labels);
  }

  private static int[] randomLabels(Grid grid, double share) {
    Random random = new Random(4);
    int[] labels = new int[grid.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = random.nextDouble() < share ? 1 + random.nextInt(3) : 0;
    }
    return labels;
  }

  private static Patch draw(PatchSampler s, TrainingCase c, long seed, long epoch, long index) {
    Patch p = new Patch(new float[s.size().voxels() + 2], new int[s.size().voxels() + 2]);
    Arrays.fill(p.image, -77);
    Arrays.fill(p.labels, -77);
    s.draw(c, seed, epoch, index, p.image, 1, p.labels, 1);
    for (int end : new int[] {0, s.size().voxels() + 1}) {
      assertEquals(-77, p.image[end]);
      assertEquals(-77, p.labels[end]);
    }
    int n = s.size().voxels();
    return new Patch(Arrays.copyOfRange(p.image, 1, n + 1), Arrays.copyOfRange(p.labels, 1, n + 1));
  }

  @Test
  void aPatchDependsOnSeedEpochAndIndexAlone() {
    int[] labels = randomLabels(GRID, 0.1);
    TrainingCase c = coordinate(GRID, 0, labels);
    PatchSampler s = new PatchSampler(SIZE, 0.33, Augmentation.standard());
    Patch first = draw(s, c, 1, 2, 3);
    for (int i = 0; i < 5; i++) {
      draw(s, c, i, i, i);
    }
    Patch again = draw(s, c, 1, 2, 3);
    assertArrayEquals(first.image, again.image);
    assertArrayEquals(first.labels, again.labels);
    assertFalse(Arrays.equals(first.image, draw(s, c, 2, 2, 3).image));
    assertFalse(Arrays.equals(first.image, draw(s, c, 1, 3, 3).image));
    assertFalse(Arrays.equals(first.image, draw(s, c, 1, 2, 4).image));
    assertFalse(Arrays.equals(first.image, draw(s, c, 2, 1, 3).image));
  }

  /** The foreground is one voxel here, so that chance does not put it into a patch. */
  @Test
  void theForegroundShareReallyHoldsForeground() {
    for (boolean flips : new boolean[] {false, true}) {
      for (int voxel : new int[] {0, GRID.size() - 1, GRID.index(12, 3, 25)}) {
        int[] labels = new int[GRID.size()];
        labels[voxel] = 2;
        TrainingCase c = coordinate(GRID, 0, labels);
        for (double share : new double[] {0, 1 / 3.0, 0.5, 1}) {
          PatchSampler s = new PatchSampler(SIZE, share, geometry(flips, NEVER, NEVER));
          int planned = 0;
          for (int index = 0; index < 90; index++) {
            boolean holds = Arrays.stream(draw(s, c, 5, 0, index).labels).anyMatch(l -> l == 2);
            assertTrue(holds || !s.isForeground(index), "index " + index);
            planned += s.isForeground(index) ? 1 : 0;
          }
          assertEquals(Math.round(90 * share), planned);
        }
      }
    }
  }

  /** Structures are drawn alike, however small they are; patches without focus lie everywhere. */
  @Test
  void structuresAndPlacesAreDrawnAlike() {
    int[] labels = new int[GRID.size()];
    Arrays.fill(labels, 0, 3000, 1);
    labels[GRID.index(20, 20, 20)] = 2;
    TrainingCase c = coordinate(GRID, 0, labels);
    PatchSampler s = new PatchSampler(SIZE, 1, Augmentation.none());
    int rare = 0;
    for (int index = 0; index < 1000; index++) {
      rare += Arrays.stream(draw(s, c, 5, 0, index).labels).anyMatch(l -> l == 2) ? 1 : 0;
    }
    assertEquals(500, rare, 80);
    PatchSampler anywhere = new PatchSampler(SIZE, 0, Augmentation.none());
    int[] starts = new int[GRID.width() - SIZE.width() + 1];
    for (int index = 0; index < 1900; index++) {
      starts[(int) draw(anywhere, c, 5, 0, index).image[0]]++;
    }
    for (int count : starts) {
      assertEquals(100, count, 50);
    }
  }

  @Test
  void patchesOfFlippedCasesAreCopies() {
    int[] labels = randomLabels(GRID, 0.4);
    PatchSampler s = new PatchSampler(SIZE, 0.5, geometry(true, NEVER, NEVER));
    int[] flipped = new int[3];
    for (int index = 0; index < 200; index++) {
      double[][] at = positions(s, labels, index);
      int[] marks = draw(s, coordinate(GRID, 0, labels), 9, 1, index).labels;
      for (int i = 0; i < marks.length; i++) {
        int x = (int) at[0][i];
        int y = (int) at[1][i];
        int z = (int) at[2][i];
        assertEquals(at[0][i], x);
        assertEquals(labels[GRID.index(z, y, x)], marks[i]);
      }
      int[] steps = {1, SIZE.width(), SIZE.width() * SIZE.height()};
      for (int axis = 0; axis < 3; axis++) {
        double step = at[axis][steps[axis]] - at[axis][0];
        assertEquals(1, Math.abs(step));
        flipped[axis] += step < 0 ? 1 : 0;
      }
    }
    for (int count : flipped) {
      assertEquals(100, count, 35);
    }
  }

  /** Where each voxel of a patch comes from, in voxels of the case, by axis. */
  private static double[][] positions(PatchSampler s, int[] labels, int index) {
    double[][] out = new double[3][s.size().voxels()];
    for (int axis = 0; axis < 3; axis++) {
      float[] image = draw(s, coordinate(GRID, axis, labels), 9, 1, index).image;
      for (int i = 0; i < image.length; i++) {
        out[axis][i] = image[i];
      }
    }
    return out;
  }

  /** A patch is a rigid body in mm, magnified; image and labels come from the same places. */
  @Test
  void rotationsAndZoomsKeepShapesAndAlignment() {
    int[] labels = randomLabels(GRID, 0.4);
    PatchSize small = new PatchSize(5, 5, 5);
    PatchSampler s =
        new PatchSampler(small, 0, geometry(true, new Change(1, -30, 30), new Change(1, 0.7, 1.4)));
    int checked = 0;
    double smallest = 9;
    double largest = 0;
    for (int index = 0; index < 120; index++) {
      double[][] at = positions(s, labels, index);
      int[] marks = draw(s, coordinate(GRID, 0, labels), 9, 1, index).labels;
      if (!inside(at)) {
        continue;
      }
      checked++;
      for (int i = 0; i < marks.length; i++) {
        requireNearest(labels, marks[i], at[0][i], at[1][i], at[2][i]);
      }
      double[][] axes = new double[3][];
      int[] steps = {1, 5, 25};
      for (int axis = 0; axis < 3; axis++) {
        axes[axis] = vector(at, 0, 4 * steps[axis], 4 * MM.along(axis));
      }
      double zoom = 1 / Math.sqrt(dot(axes[0], axes[0]));
      smallest = Math.min(smallest, zoom);
      largest = Math.max(largest, zoom);
      for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
          assertEquals(a == b ? 1 / (zoom * zoom) : 0, dot(axes[a], axes[b]), 1e-4);
        }
      }
    }
    assertTrue(checked > 40, checked + " patches lie inside");
    assertTrue(smallest > 0.69 && smallest < 0.85 && largest < 1.41 && largest > 1.25);
  }

  private static boolean inside(double[][] at) {
    for (int i = 0; i < at[0].length; i++) {
      boolean in =
          at[0][i] > 0
              && at[0][i] < GRID.width() - 1
              && at[1][i] > 0
              && at[1][i] < GRID.height() - 1
              && at[2][i] > 0
              && at[2][i] < GRID.depth() - 1;
      if (!in) {
        return false;
      }
    }
    return true;
  }

  private static void requireNearest(int[] labels, int mark, double x, double y, double z) {
    double doubt = Math.max(Math.max(half(x), half(y)), half(z));
    if (doubt < 0.499) {
      int at = GRID.index((int) Math.rint(z), (int) Math.rint(y), (int) Math.rint(x));
      assertEquals(labels[at], mark);
    }
  }

  private static double half(double v) {
    return Math.abs(v - Math.rint(v));
  }

  /** From voxel a to voxel b of the patch in mm of the case, divided by a length. */
  private static double[] vector(double[][] at, int a, int b, double length) {
    double[] v = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      v[axis] = (at[axis][b] - at[axis][a]) * MM.along(axis) / length;
    }
    return v;
  }

  private static double dot(double[] a, double[] b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }

  @Test
  void aSmallCaseLiesInTheMiddleOfZeros() {
    Grid tiny = Grid.of(2, 3, 4, MM);
    float[] image = new float[24];
    int[] labels = new int[24];
    Arrays.fill(image, 5);
    Arrays.fill(labels, 1);
    PatchSize size = new PatchSize(4, 5, 6);
    for (Augmentation a : new Augmentation[] {Augmentation.none(), geometry(true, NEVER, NEVER)}) {
      Patch p = draw(new PatchSampler(size, 1, a), source(tiny, image, labels), 1, 1, 1);
      for (int d = 0, i = 0; d < 4; d++) {
        for (int h = 0; h < 5; h++) {
          for (int w = 0; w < 6; w++, i++) {
            boolean in = d > 0 && d < 3 && h > 0 && h < 4 && w > 0 && w < 5;
            assertEquals(in ? 5 : 0, p.image[i]);
            assertEquals(in ? 1 : 0, p.labels[i]);
          }
        }
      }
    }
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThrows(
        IllegalArgumentException.class, () -> new PatchSampler(SIZE, 1.5, Augmentation.none()));
    assertThrows(IllegalArgumentException.class, () -> new PatchSize(0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Change(2, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new Change(0.5, 1, 0));
    assertThrows(
        IllegalArgumentException.class, () -> geometry(true, NEVER, new Change(0.5, 0, 1)));
  }
}
