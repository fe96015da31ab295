package io.med3dinsight.dataset;

import static io.med3dinsight.volume.Sentences.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.util.List;
import org.junit.jupiter.api.Test;

class FingerprintTest {
  private static final List<Normalization.Scheme> CT = List.of(Normalization.Scheme.FIXED);
  private static final List<Normalization.Scheme> MRI =
      List.of(Normalization.Scheme.Z_SCORE_PER_IMAGE);

  private static LabelledScan scan(Grid grid, float[] voxels, int[] labels) {
    return new LabelledScan("x", Volume.of(grid, voxels), LabelVolume.of(grid, labels));
  }

  private static LabelledScan blank(Grid grid) {
    return scan(grid, new float[grid.size()], new int[grid.size()]);
  }

  /** Medians are taken in patient axes: the second scan's first axis runs upwards. */
  @Test
  void mediansOfSpacingAndSizeInRas() {
    Grid first = Grid.of(10, 20, 30, new Spacing(1, 2, 3));
    Grid second = Grid.of(40, 24, 12, Affine.of(0, 0, -1.5, 0, 0, 2, 0, 0, 4, 0, 0, 0));
    Grid third = Grid.of(20, 22, 50, new Spacing(0.8, 2, 2));
    Fingerprint three =
        Fingerprint.of(List.of(blank(first), blank(second), blank(third)), MRI, null);
    assertEquals(new Spacing(1, 2, 3), three.spacing());
    // In mm: x 30, 60, 40; y 40, 48, 44; z 30, 48, 40.
    assertEquals(new PatchSize(13, 22, 40), three.medianSize());
    assertEquals(Normalization.mri(), three.normalizations().get(0));
    Fingerprint two = Fingerprint.of(List.of(blank(first), blank(second)), MRI, null);
    assertEquals(new Spacing(1.25, 2, 3.5), two.spacing());
    assertEquals(new PatchSize(11, 22, 36), two.medianSize());
  }

  @Test
  void ctIsMeasuredOnTheForeground() {
    Grid grid = Grid.of(2, 5, 100, new Spacing(1, 1, 1));
    float[] voxels = new float[1000];
    int[] labels = new int[1000];
    for (int i = 0; i < 1000; i++) {
      labels[i] = i % 5 == 0 ? 0 : 1 + i % 2;
      voxels[i] = labels[i] == 0 ? -1000 : i;
    }
    Normalization n =
        Fingerprint.of(List.of(scan(grid, voxels, labels)), CT, null).normalizations().get(0);
    // The 800 whole numbers below 1000 that five does not divide: numpy gives these.
    assertEquals(500, n.mean(), 1e-9);
    assertEquals(288.67369121553145, n.deviation(), 1e-9);
    assertEquals(5.99, n.lower(), 0.011);
    assertEquals(994.01, n.upper(), 0.011);
    refused(() -> Fingerprint.of(List.of(blank(grid)), CT, null), "labelled voxel");
    refused(() -> Fingerprint.of(List.of(), MRI, null), "no training case");
  }

  @Test
  void everyCaseHasAShareInTheCtSample() {
    Grid large = Grid.of(50, 50, 50, new Spacing(1, 1, 1));
    float[] voxels = new float[large.size()];
    int[] labels = new int[large.size()];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = 1000f * i / voxels.length;
      labels[i] = 1;
    }
    Normalization n =
        Fingerprint.of(List.of(scan(large, voxels, labels)), CT, null).normalizations().get(0);
    assertEquals(500, n.mean(), 1);
    assertEquals(1000 / Math.sqrt(12), n.deviation(), 1);
    assertEquals(5, n.lower(), 0.5);
    assertEquals(995, n.upper(), 0.5);
  }
}
