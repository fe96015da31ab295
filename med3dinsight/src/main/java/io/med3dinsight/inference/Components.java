package io.med3dinsight.inference;

import io.med3dinsight.volume.Grid;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Connected parts of equal label. Rows are cut into runs of one label, and runs that touch are
 * joined (union-find), so memory grows with the surface of the structures rather than with the
 * voxels. Source: He, Chao, Suzuki: A run-based two-scan labeling algorithm. IEEE TIP 17 (2008).
 */
final class Components {
  private final Grid grid;
  private final int[] labels;

  /** How far beyond its ends a run touches those of the next row: 0 for faces, 1 for corners. */
  private final int reach;

  private int count;
  private int[] first = new int[1024];
  private int[] last = new int[1024];
  private int[] parent = new int[1024];

  /** Runs of row r are {@code rowStart[r]} to {@code rowStart[r + 1] - 1}. */
  private final int[] rowStart;

  private Components(Grid grid, int[] labels, boolean corners) {
    this.grid = grid;
    this.labels = labels;
    reach = corners ? 1 : 0;
    rowStart = new int[grid.depth() * grid.height() + 1];
    for (int row = 0; row + 1 < rowStart.length; row++) {
      rowStart[row] = count;
      runs(row * grid.width());
      rowStart[row + 1] = count;
      join(row);
    }
  }

  /**
   * Turns every voxel of a structure that is not in its largest part into background, 0. Of equally
   * large parts the one that comes first in the file's order stays.
   *
   * @param labels [D, H, W] on the grid, changed in place
   */
  static void keepLargest(Grid grid, int[] labels, KeepComponents keep) {
    if (keep != KeepComponents.ALL) {
      new Components(grid, labels, keep == KeepComponents.LARGEST_26).keepLargest();
    }
  }

  private void runs(int from) {
    int end = from + grid.width();
    for (int i = from; i < end; ) {
      int label = labels[i];
      int begin = i;
      while (i < end && labels[i] == label) {
        i++;
      }
      if (label != 0) {
        add(begin, i - 1);
      }
    }
  }

  private void add(int from, int to) {
    if (count == first.length) {
      first = Arrays.copyOf(first, 2 * count);
      last = Arrays.copyOf(last, 2 * count);
      parent = Arrays.copyOf(parent, 2 * count);
    }
    first[count] = from;
    last[count] = to;
    parent[count] = count;
    count++;
  }

  /** Joins a row's runs with those of the rows before it that it touches. */
  private void join(int row) {
    int h = row % grid.height();
    boolean below = row >= grid.height();
    if (h > 0) {
      join(row, row - 1);
    }
    if (below) {
      join(row, row - grid.height());
    }
    if (below && reach == 1) {
      if (h > 0) {
        join(row, row - grid.height() - 1);
      }
      if (h + 1 < grid.height()) {
        join(row, row - grid.height() + 1);
      }
    }
  }

  private void join(int row, int other) {
    int shift = (row - other) * grid.width();
    int b = rowStart[other];
    for (int a = rowStart[row]; a < rowStart[row + 1]; a++) {
      while (b < rowStart[other + 1] && last[b] + shift + reach < first[a]) {
        b++;
      }
      for (int c = b; c < rowStart[other + 1] && first[c] + shift - reach <= last[a]; c++) {
        if (labels[first[c]] == labels[first[a]]) {
          unite(a, c);
        }
      }
    }
  }

  private void unite(int a, int b) {
    int x = root(a);
    int y = root(b);
    // The earlier run leads, so that a part is known by its first one.
    parent[Math.max(x, y)] = Math.min(x, y);
  }

  private int root(int run) {
    int r = run;
    while (parent[r] != r) {
      parent[r] = parent[parent[r]];
      r = parent[r];
    }
    return r;
  }

  private void keepLargest() {
    long[] size = new long[count];
    for (int i = 0; i < count; i++) {
      size[root(i)] += last[i] - first[i] + 1;
    }
    Map<Integer, Integer> largest = new HashMap<>();
    for (int i = 0; i < count; i++) {
      if (parent[i] == i) {
        int run = i;
        largest.merge(labels[first[i]], i, (old, x) -> size[run] > size[old] ? run : old);
      }
    }
    for (int i = 0; i < count; i++) {
      // A run is erased once, after its own label was asked for.
      if (largest.get(labels[first[i]]) != root(i)) {
        Arrays.fill(labels, first[i], last[i] + 1, 0);
      }
    }
  }
}
