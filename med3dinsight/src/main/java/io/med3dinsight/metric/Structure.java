package io.med3dinsight.metric;

import io.med3dinsight.volume.Grid;
import java.util.HashMap;
import java.util.Map;

/**
 * One label in two maps of a grid: how large it is, how much they share, and the smallest box that
 * holds both. All labels are counted in one pass, whatever their number.
 */
final class Structure {
  private final int[] low = {Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE};
  private final int[] high = {-1, -1, -1};
  private long first;
  private long second;
  private long both;

  /**
   * Every label that occurs, except the background 0.
   *
   * @param a labels [D, H, W] on the grid
   * @param b the other labels
   */
  static Map<Integer, Structure> all(Grid grid, int[] a, int[] b) {
    Map<Integer, Structure> found = new HashMap<>();
    Lookup inA = new Lookup(found);
    Lookup inB = new Lookup(found);
    int i = 0;
    for (int d = 0; d < grid.depth(); d++) {
      for (int h = 0; h < grid.height(); h++) {
        for (int w = 0; w < grid.width(); w++, i++) {
          if (a[i] != 0) {
            Structure s = inA.of(a[i]);
            s.first++;
            s.both += b[i] == a[i] ? 1 : 0;
            s.reach(d, h, w);
          }
          if (b[i] != 0) {
            Structure s = inB.of(b[i]);
            s.second++;
            s.reach(d, h, w);
          }
        }
      }
    }
    return found;
  }

  /** Neighbours mostly have one label, so the last one found is kept at hand. */
  private static final class Lookup {
    private final Map<Integer, Structure> found;
    private int label;
    private Structure structure;

    Lookup(Map<Integer, Structure> found) {
      this.found = found;
    }

    Structure of(int wanted) {
      if (structure == null || wanted != label) {
        label = wanted;
        structure = found.computeIfAbsent(wanted, k -> new Structure());
      }
      return structure;
    }
  }

  private void reach(int d, int h, int w) {
    low[0] = Math.min(low[0], d);
    low[1] = Math.min(low[1], h);
    low[2] = Math.min(low[2], w);
    high[0] = Math.max(high[0], d);
    high[1] = Math.max(high[1], h);
    high[2] = Math.max(high[2], w);
  }

  /** Voxels in the first map. */
  long first() {
    return first;
  }

  /** Voxels in the second map. */
  long second() {
    return second;
  }

  /** Voxels in both maps. */
  long both() {
    return both;
  }

  /** First position of the box along D (0), H (1) or W (2). */
  int from(int axis) {
    return low[axis];
  }

  /** Extent of the box along an axis. */
  int extent(int axis) {
    return high[axis] - low[axis] + 1;
  }
}
