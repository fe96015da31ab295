package io.med3dinsight.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Fingerprint;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Spacing;
import org.junit.jupiter.api.Test;

class NetworkPlanTest {
  private static NetworkPlan plan(double[] spacing, int[] size, int stages, int most) {
    int[] channels = new int[stages];
    java.util.Arrays.fill(channels, 4);
    Fingerprint data =
        new Fingerprint(
            new Spacing(spacing[2], spacing[1], spacing[0]),
            new PatchSize(size[0], size[1], size[2]),
            Normalization.mri());
    return NetworkPlan.of(new NetworkSettings(channels, 1, false, null, most), data);
  }

  @Test
  void aSmallMedianCaseIsCoveredAndRoundedUp() {
    NetworkPlan p = plan(new double[] {1, 1, 1}, new int[] {35, 51, 36}, 4, 96 * 96 * 96);
    assertEquals(new PatchSize(40, 56, 40), p.patch());
    assertArrayEquals(new int[] {8, 8, 8}, p.network().divisor());
  }

  /** Thick slices are not halved before the others have become as large. */
  @Test
  void thickSlicesAreHalvedLater() {
    NetworkPlan p = plan(new double[] {5, 1, 1}, new int[] {16, 64, 64}, 5, 1 << 20);
    assertArrayEquals(
        new int[][] {{1, 1, 1}, {1, 2, 2}, {1, 2, 2}, {2, 2, 2}, {2, 2, 2}},
        ((UNetConfig) p.network()).strides());
  }

  /** An axis of few voxels is never halved; its small voxels must not stop the other axes. */
  @Test
  void aThinAxisDoesNotHoldUpTheOthers() {
    NetworkPlan p = plan(new double[] {1, 1, 1}, new int[] {6, 64, 64}, 5, 1 << 20);
    assertArrayEquals(
        new int[][] {{1, 1, 1}, {1, 2, 2}, {1, 2, 2}, {1, 2, 2}, {1, 2, 2}},
        ((UNetConfig) p.network()).strides());
  }

  @Test
  void aLargeCaseIsCutDownEvenlyInMillimetres() {
    NetworkPlan p = plan(new double[] {3, 0.8, 0.8}, new int[] {120, 512, 512}, 6, 96 * 96 * 96);
    PatchSize s = p.patch();
    assertTrue(s.voxels() <= 96 * 96 * 96 && s.voxels() > 0.5 * 96 * 96 * 96, s.toString());
    double[] mm = {3.0 * s.depth(), 0.8 * s.height(), 0.8 * s.width()};
    assertTrue(Math.abs(mm[0] - mm[1]) < 0.35 * mm[1], s.toString());
  }

  @Test
  void aPatchThatCannotBeHalvedIsRefused() {
    UsageException e =
        assertThrows(
            UsageException.class,
            () -> plan(new double[] {1, 1, 1}, new int[] {7, 7, 7}, 3, 1 << 20));
    assertTrue(e.getMessage().contains("7x7x7"), e.getMessage());
  }
}
