package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.Spacing;
import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class ComponentsTest {
  private static int[] kept(int d, int h, int w, KeepComponents keep, int... labels) {
    int[] out = labels.clone();
    Components.keepLargest(Grid.of(d, h, w, new Spacing(1, 1, 1)), out, keep);
    return out;
  }

  @Test
  void eachStructureKeepsItsLargestPart() {
    int[] row = {1, 0, 1, 1, 2, 1, 2, 2};
    assertArrayEquals(
        new int[] {0, 0, 1, 1, 0, 0, 2, 2}, kept(1, 1, 8, KeepComponents.LARGEST_6, row));
    assertArrayEquals(row, kept(1, 1, 8, KeepComponents.ALL, row));
  }

  @Test
  void theFirstOfEqualPartsStays() {
    int[] row = {0, 3, 3, 0, 3, 3};
    assertArrayEquals(new int[] {0, 3, 3, 0, 0, 0}, kept(1, 1, 6, KeepComponents.LARGEST_26, row));
  }

  @Test
  void cornersJoinAmong26NeighboursOnly() {
    int[] diagonal = {1, 0, 0, 0, 0, 0, 0, 1};
    assertArrayEquals(diagonal, kept(2, 2, 2, KeepComponents.LARGEST_26, diagonal));
    assertArrayEquals(
        new int[] {1, 0, 0, 0, 0, 0, 0, 0}, kept(2, 2, 2, KeepComponents.LARGEST_6, diagonal));
  }

  /** Against a flood fill, on noise that percolates. */
  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "ALL")
  void floodFillFindsTheSame(KeepComponents keep) {
    Random random = new Random(5);
    for (int trial = 0; trial < 200; trial++) {
      int d = 1 + random.nextInt(6);
      int h = 1 + random.nextInt(7);
      int w = 1 + random.nextInt(8);
      int[] labels = new int[d * h * w];
      double share = random.nextDouble();
      for (int i = 0; i < labels.length; i++) {
        labels[i] = random.nextDouble() < share ? 1 + random.nextInt(2) : 0;
      }
      int[] expected = flooded(d, h, w, labels, keep == KeepComponents.LARGEST_26);
      assertArrayEquals(expected, kept(d, h, w, keep, labels), "trial " + trial);
    }
  }

  private static int[] flooded(int d, int h, int w, int[] labels, boolean corners) {
    int[] part = new int[labels.length];
    int[] best = new int[3];
    int[] bestSize = new int[3];
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != 0 && part[i] == 0) {
        int size = flood(d, h, w, labels, part, i, corners);
        if (size > bestSize[labels[i]]) {
          bestSize[labels[i]] = size;
          best[labels[i]] = i + 1;
        }
      }
    }
    int[] out = new int[labels.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = part[i] == best[labels[i]] ? labels[i] : 0;
    }
    return out;
  }

  private static int flood(
      int d, int h, int w, int[] labels, int[] part, int seed, boolean corners) {
    ArrayDeque<Integer> open = new ArrayDeque<>();
    open.add(seed);
    part[seed] = seed + 1;
    int size = 0;
    while (!open.isEmpty()) {
      int at = open.remove();
      size++;
      for (int step = 0; step < 27; step++) {
        int dz = step / 9 - 1;
        int dy = step / 3 % 3 - 1;
        int dx = step % 3 - 1;
        int z = at / (h * w) + dz;
        int y = at / w % h + dy;
        int x = at % w + dx;
        boolean near = corners || Math.abs(dz) + Math.abs(dy) + Math.abs(dx) == 1;
        if (near && z >= 0 && z < d && y >= 0 && y < h && x >= 0 && x < w) {
          int i = (z * h + y) * w + x;
          if (labels[i] == labels[at] && part[i] == 0) {
            part[i] = seed + 1;
            open.add(i);
          }
        }
      }
    }
    return size;
  }
}
