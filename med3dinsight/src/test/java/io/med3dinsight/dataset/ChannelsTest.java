package io.med3dinsight.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChannelsTest {
  private static final Grid GRID = Grid.of(10, 11, 12, new Spacing(1, 1, 1));

  private static TrainingCase twice() {
    float[] ramp = MsdFolder.ramp(GRID);
    int[] marks = new int[GRID.size()];
    marks[600] = 1;
    List<Volume> both = List.of(Volume.of(GRID, ramp), Volume.of(GRID, ramp));
    LabelledScan scan = new LabelledScan("x", both, LabelVolume.of(GRID, marks));
    List<Normalization> schemes = List.of(Normalization.none(), Normalization.ct(0, 2000, 500, 2));
    return TrainingCase.of(scan, new Preprocessing(null, schemes));
  }

  /** Turned and magnified alike: the second is a linear function of the first. */
  @Test
  void geometryIsCommon() {
    Change never = Change.NEVER;
    Augmentation turns =
        new Augmentation(
            true,
            true,
            true,
            new Change(1, -30, 30),
            new Change(1, 0.7, 1.4),
            never,
            never,
            never,
            never,
            never);
    PatchSize size = new PatchSize(4, 4, 4);
    int inside = 0;
    float[] patch = new float[128];
    for (int index = 0; index < 20; index++) {
      new PatchSampler(size, 1, turns).draw(twice(), 1, 2, index, patch, 0, new int[64], 0);
      for (int i = 0; i < 64; i++) {
        // Outside of the case both are 0.
        float expected = patch[64 + i] == 0 ? 0 : (patch[i] - 500) / 2;
        assertEquals(expected, patch[64 + i], 2e-3);
        inside += patch[64 + i] == 0 ? 0 : 1;
      }
    }
    assertTrue(inside > 1000, "" + inside);
  }

  @Test
  void intensitiesChangeForEachChannelByItself() {
    Change never = Change.NEVER;
    Augmentation noise =
        new Augmentation(
            false, false, false, never, never, new Change(1, 1, 1), never, never, never, never);
    float[] patch = new float[128];
    new PatchSampler(new PatchSize(4, 4, 4), 1, noise)
        .draw(twice(), 1, 2, 3, patch, 0, new int[64], 0);
    float[] plain = new float[128];
    new PatchSampler(new PatchSize(4, 4, 4), 1, Augmentation.none())
        .draw(twice(), 1, 2, 3, plain, 0, new int[64], 0);
    long equal = 0;
    for (int i = 0; i < 64; i++) {
      equal += Math.abs(patch[i] - plain[i] - patch[64 + i] + plain[64 + i]) < 1e-3 ? 1 : 0;
    }
    assertEquals(0, equal, 3);
  }

  @Test
  void interleavedChannelsLieSideBySide() {
    float[] out = new float[8];
    Channels.interleave(new float[] {9, 1, 2, 3}, 1, 3, out, 2, 0, 2);
    Channels.interleave(new float[] {4, 5, 6}, 0, 3, out, 2, 1, 2);
    assertArrayEquals(new float[] {0, 0, 1, 4, 2, 5, 3, 6}, out);
  }

  @Test
  void eachChannelHasItsOwnScale() {
    Volume ct = Volume.of(GRID, MsdFolder.ramp(GRID));
    float[] pet = new float[GRID.size()];
    for (int i = 0; i < pet.length; i++) {
      pet[i] = 0.1f * i;
    }
    int[] marks = new int[GRID.size()];
    Arrays.fill(marks, 100, 300, 1);
    LabelledScan scan =
        new LabelledScan("x", List.of(ct, Volume.of(GRID, pet)), LabelVolume.of(GRID, marks));
    List<Normalization.Scheme> schemes =
        List.of(Normalization.Scheme.FIXED, Normalization.Scheme.Z_SCORE_PER_IMAGE);
    Fingerprint f = Fingerprint.of(List.of(scan), schemes, new Spacing(2, 2, 2));
    assertEquals(199.5, f.normalizations().get(0).mean(), 1e-6);
    assertEquals(Normalization.mri(), f.normalizations().get(1));
    assertEquals(new PatchSize(5, 6, 6), f.medianSize());
  }
}
