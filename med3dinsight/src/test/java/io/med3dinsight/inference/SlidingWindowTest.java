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
    float[] part = new float[sliding.size() * 2];
    for (int i = 0; i < part.length; i++) {
      part[i] = i % 2 == 0 ? -3 : 5;
    }
    ScoreSlab slab = slab(extents, 2);
    for (int[] corner : corners(sliding, extents)) {
      add(sliding, part, 0, corner, slab);
    }
    float[] scores = all(slab, extents);
    for (int i = 1; i < scores.length; i += 2) {
      assertTrue(scores[i] > 0, "voxel " + i / 2 + " has no vote");
    }
    normalize(sliding, slab, extents, 1);
    scores = all(slab, extents);
    for (int i = 0; i < scores.length; i += 2) {
      assertEquals(-3, scores[i], 1e-5);
      assertEquals(5, scores[i + 1], 1e-5);
    }
  }

  @Test
  void cornersAreEvenlySpreadAndTouchBothEnds() {
    SlidingWindow sliding = new SlidingWindow(WINDOW, new int[] {4, 15, 6}, 0.5);
    List<String> corners =
        corners(sliding, new int[] {4, 15, 6}).stream().map(Arrays::toString).toList();
    assertEquals(List.of("[0, 0, 0]", "[0, 3, 0]", "[0, 5, 0]", "[0, 8, 0]"), corners);
  }

  @Test
  void aSmallVolumeLiesInTheMiddleOfItsWindow() {
    SlidingWindow sliding = new SlidingWindow(WINDOW, new int[] {1, 3, 6}, 0.5);
    List<int[]> corners = corners(sliding, new int[] {1, 3, 6});
    assertEquals(1, corners.size());
    assertArrayEquals(new int[] {-1, -2, 0}, corners.get(0));
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
    ScoreSlab slab = slab(extents, 1);
    float[] part = new float[sliding.size()];
    for (int[] corner : corners(sliding, extents)) {
      for (int flip = 0; flip < 8; flip++) {
        sliding.cut(volume, corner, flip, part, 0);
        add(sliding, part, flip, corner, slab);
      }
    }
    normalize(sliding, slab, extents, 8);
    assertArrayEquals(volume, all(slab, extents), 1e-5f);
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
    int[] extents = {1, 1, 13};
    ScoreSlab slab = slab(extents, 1);
    float[] first = new float[9];
    Arrays.fill(first, 1);
    List<int[]> corners = corners(sliding, extents);
    assertEquals(2, corners.size());
    add(sliding, first, 0, corners.get(0), slab);
    add(sliding, new float[9], 0, corners.get(1), slab);
    normalize(sliding, slab, extents, 1);
    float[] scores = all(slab, extents);
    assertEquals(1, scores[0], 1e-6);
    assertTrue(scores[4] > 0.95, "near the centre of the first: " + scores[4]);
    assertEquals(0.5, scores[6], 1e-6);
    assertTrue(scores[8] < 0.05, "near its edge: " + scores[8]);
    assertEquals(0, scores[12], 0);
  }

  @Test
  void aStripHasTheWindowsThatReachIt() {
    SlidingWindow sliding = new SlidingWindow(WINDOW, new int[] {4, 15, 6}, 0.5);
    assertEquals(List.of(0, 3), rowsOf(sliding, 0, 4));
    assertEquals(List.of(0, 3, 5), rowsOf(sliding, 5, 1));
    assertEquals(List.of(5, 8), rowsOf(sliding, 10, 2));
  }

  private static List<Integer> rowsOf(SlidingWindow sliding, int firstRow, int rows) {
    return sliding.corners(0, firstRow, rows).stream().map(c -> c[1]).toList();
  }

  private static List<int[]> corners(SlidingWindow sliding, int[] extents) {
    return Arrays.stream(sliding.layers())
        .boxed()
        .flatMap(layer -> sliding.corners(layer, 0, extents[1]).stream())
        .toList();
  }

  private static ScoreSlab slab(int[] extents, int classes) {
    ScoreSlab slab = new ScoreSlab(extents[0], 0, extents[1], extents[2], classes);
    slab.advance(extents[0]);
    return slab;
  }

  private static void add(
      SlidingWindow sliding, float[] part, int flip, int[] corner, ScoreSlab slab) {
    for (int z = 0; z < sliding.depth(); z++) {
      sliding.add(part, 0, flip, z, corner, slab);
    }
  }

  private static void normalize(SlidingWindow sliding, ScoreSlab slab, int[] extents, int flips) {
    for (int d = 0; d < extents[0]; d++) {
      sliding.normalize(slab, d, flips);
    }
  }

  private static float[] all(ScoreSlab slab, int[] extents) {
    int plane = slab.plane(0).length;
    float[] out = new float[extents[0] * plane];
    for (int d = 0; d < extents[0]; d++) {
      System.arraycopy(slab.plane(d), 0, out, d * plane, plane);
    }
    return out;
  }
}
