package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlidingWindowTest {
  private static final int[] WINDOW = {4, 7, 6};

  /** Every voxel's window votes agree, so their weighted mean must be that vote everywhere. */
  @ParameterizedTest
  @CsvSource({
    "4, 7, 6, 0.5",
    "5, 8, 7, 0",
    "13, 17, 11, 0.5",
    "31, 7, 6, 0.75",
    "9, 19, 23, 0.3",
    "1, 1, 1, 0.5",
    "3, 9, 2, 0.5",
    "2, 8, 40, 0.9"
  })
  void everyVoxelIsCoveredWithPositiveWeight(int d, int h, int w, double overlap) {
    int[] extents = {d, h, w};
    SlidingWindow sliding = new SlidingWindow(WINDOW, extents, overlap);
    float[] scores = new float[d * h * w * 2];
    float[] part = new float[sliding.size() * 2];
    for (int i = 0; i < part.length; i++) {
      part[i] = i % 2 == 0 ? -3 : 5;
    }
    for (int[] corner : sliding.corners()) {
      sliding.add(part, 0, 0, scores, 2, corner);
    }
    for (int i = 1; i < scores.length; i += 2) {
      assertTrue(scores[i] > 0, "voxel " + i / 2 + " has no vote");
    }
    sliding.normalize(scores, 2, 1);
    for (int i = 0; i < scores.length; i += 2) {
      assertEquals(-3, scores[i], 1e-5);
      assertEquals(5, scores[i + 1], 1e-5);
    }
  }

  @Test
  void cornersAreEvenlySpreadAndTouchBothEnds() {
    SlidingWindow sliding = new SlidingWindow(WINDOW, new int[] {4, 15, 6}, 0.5);
    List<String> corners = sliding.corners().stream().map(Arrays::toString).toList();
    assertEquals(List.of("[0, 0, 0]", "[0, 3, 0]", "[0, 5, 0]", "[0, 8, 0]"), corners);
  }

  @Test
  void aSmallVolumeLiesInTheMiddleOfItsWindow() {
    SlidingWindow sliding = new SlidingWindow(WINDOW, new int[] {1, 3, 6}, 0.5);
    assertEquals(1, sliding.corners().size());
    assertArrayEquals(new int[] {-1, -2, 0}, sliding.corners().get(0));
    float[] volume = new float[18];
    for (int i = 0; i < volume.length; i++) {
      volume[i] = i + 1;
    }
    float[] cut = new float[sliding.size()];
    sliding.cut(volume, new int[] {-1, -2, 0}, 0, cut, 0);
    float[] expected = new float[sliding.size()];
    for (int y = 0; y < 3; y++) {
      System.arraycopy(volume, 6 * y, expected, (1 * 7 + 2 + y) * 6, 6);
    }
    assertArrayEquals(expected, cut);
  }

  @ParameterizedTest
  @CsvSource({"5, 9, 8", "3, 9, 4"})
  void whatIsCutFlippedIsAddedBackInPlace(int d, int h, int w) {
    int[] extents = {d, h, w};
    SlidingWindow sliding = new SlidingWindow(WINDOW, extents, 0.5);
    SplittableRandom random = new SplittableRandom(1);
    float[] volume = new float[d * h * w];
    for (int i = 0; i < volume.length; i++) {
      volume[i] = (float) random.nextDouble();
    }
    float[] sums = new float[volume.length];
    float[] part = new float[sliding.size()];
    for (int[] corner : sliding.corners()) {
      for (int flip = 0; flip < 8; flip++) {
        sliding.cut(volume, corner, flip, part, 0);
        sliding.add(part, 0, flip, sums, 1, corner);
      }
    }
    sliding.normalize(sums, 1, 8);
    assertArrayEquals(volume, sums, 1e-5f);
  }

  @Test
  void aFlippedCutIsReversedAlongItsAxes() {
    SlidingWindow sliding = new SlidingWindow(new int[] {2, 2, 2}, new int[] {2, 2, 2}, 0.5);
    float[] volume = {0, 1, 2, 3, 4, 5, 6, 7};
    float[] out = new float[8];
    sliding.cut(volume, new int[3], 4, out, 0);
    assertArrayEquals(new float[] {1, 0, 3, 2, 5, 4, 7, 6}, out);
    sliding.cut(volume, new int[3], 2, out, 0);
    assertArrayEquals(new float[] {2, 3, 0, 1, 6, 7, 4, 5}, out);
    sliding.cut(volume, new int[3], 1, out, 0);
    assertArrayEquals(new float[] {4, 5, 6, 7, 0, 1, 2, 3}, out);
  }

  @Test
  void theMiddleOfAWindowCountsMoreThanItsEdge() {
    SlidingWindow sliding = new SlidingWindow(new int[] {1, 1, 9}, new int[] {1, 1, 13}, 0.5);
    float[] scores = new float[13];
    float[] first = new float[9];
    Arrays.fill(first, 1);
    List<int[]> corners = sliding.corners();
    assertEquals(2, corners.size());
    sliding.add(first, 0, 0, scores, 1, corners.get(0));
    sliding.add(new float[9], 0, 0, scores, 1, corners.get(1));
    sliding.normalize(scores, 1, 1);
    assertEquals(1, scores[0], 1e-6);
    assertTrue(scores[4] > 0.95, "near the centre of the first: " + scores[4]);
    assertEquals(0.5, scores[6], 1e-6);
    assertTrue(scores[8] < 0.05, "near its edge: " + scores[8]);
    assertEquals(0, scores[12], 0);
  }

  @Test
  void theLowerClassWinsATie() {
    assertArrayEquals(
        new int[] {0, 1, 2}, SlidingWindow.argmax(new float[] {1, 1, 0, 0, 2, 2, -3, -2, -1}, 3));
  }
}
