package io.med3dinsight.classification;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.dataset.Draws;
import io.med3dinsight.dataset.PatchSize;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RandomChangesTest {
  private static ClassificationSettings settings(boolean flips, boolean turns, double shift) {
    return settings(only(flips, Change.NEVER, Change.NEVER), turns, shift);
  }

  private static Augmentation only(boolean flips, Change rotation, Change noise) {
    Change never = Change.NEVER;
    return new Augmentation(
        flips, flips, flips, rotation, never, noise, never, never, never, never);
  }

  private static ClassificationSettings settings(
      Augmentation augmentation, boolean turns, double shift) {
    ClassificationSettings s = ClassificationSettings.standard();
    return new ClassificationSettings(
        s.epochs(),
        0,
        4,
        1e-3,
        0,
        0,
        1,
        0,
        0,
        null,
        false,
        0,
        s.pooling(),
        false,
        1,
        0,
        s.keep(),
        turns,
        shift,
        false,
        augmentation);
  }

  private static float[] numbers(int n) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = i;
    }
    return x;
  }

  private static Set<String> outcomes(ClassificationSettings settings, PatchSize size) {
    RandomChanges changes = new RandomChanges(size, settings);
    float[] x = numbers(size.voxels());
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 600; i++) {
      float[] y = new float[x.length + 1];
      changes.draw(new float[][] {x}, new Draws(5, i), y, 1);
      float[] sorted = Arrays.copyOfRange(y, 1, y.length);
      seen.add(Arrays.toString(sorted));
      Arrays.sort(sorted);
      assertArrayEquals(x, sorted, 1e-3f);
    }
    return seen;
  }

  @Test
  void flipsAreEight() {
    assertEquals(8, outcomes(settings(true, false, 0), new PatchSize(2, 3, 4)).size());
  }

  @Test
  void rightAnglesAreTheTurnsOfACube() {
    assertEquals(24, outcomes(settings(false, true, 0), new PatchSize(3, 3, 3)).size());
    // Only about the axis across which the extents are equal.
    assertEquals(4, outcomes(settings(false, true, 0), new PatchSize(2, 3, 3)).size());
  }

  @Test
  void shiftsRepeatTheBorder() {
    RandomChanges changes = new RandomChanges(new PatchSize(1, 1, 5), settings(false, false, 1));
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      float[] y = new float[5];
      changes.draw(new float[][] {numbers(5)}, new Draws(i), y, 0);
      seen.add(Arrays.toString(y));
    }
    assertTrue(seen.contains("[1.0, 2.0, 3.0, 4.0, 4.0]"), seen.toString());
    assertTrue(seen.contains("[0.0, 0.0, 1.0, 2.0, 3.0]"), seen.toString());
    assertEquals(3, seen.size(), seen.toString());
  }

  /** Channels are turned and moved alike: the second stays a multiple of the first. */
  @Test
  void geometryIsCommonToAllChannels() {
    ClassificationSettings turning =
        settings(only(true, new Change(1, -30, 30), Change.NEVER), true, 2);
    PatchSize size = new PatchSize(4, 4, 4);
    float[] first = numbers(64);
    float[] second = new float[64];
    for (int i = 0; i < 64; i++) {
      second[i] = 2 * first[i] + 3;
    }
    RandomChanges changes = new RandomChanges(size, turning);
    for (int n = 0; n < 20; n++) {
      float[] y = new float[128];
      changes.draw(new float[][] {first, second}, new Draws(7, n), y, 0);
      for (int i = 0; i < 64; i++) {
        assertEquals(2 * y[i] + 3, y[64 + i], 1e-3);
      }
    }
  }

  @Test
  void intensitiesChangeForEachChannelByItself() {
    ClassificationSettings noisy =
        settings(only(false, Change.NEVER, new Change(1, 1, 1)), false, 0);
    RandomChanges changes = new RandomChanges(new PatchSize(4, 4, 4), noisy);
    float[] y = new float[128];
    changes.draw(new float[2][64], new Draws(3), y, 0);
    assertFalse(Arrays.equals(Arrays.copyOf(y, 64), Arrays.copyOfRange(y, 64, 128)));
  }
}
