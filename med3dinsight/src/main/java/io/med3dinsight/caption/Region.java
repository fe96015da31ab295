package io.med3dinsight.caption;

import io.med3dinsight.slice.Slice;
import java.util.function.IntPredicate;

/**
 * A connected region of a slice.
 *
 * @param area in mm2
 * @param row mean row, from 0 to 1
 * @param column mean column, from 0 to 1
 * @param count number of regions of at least four pixels
 */
record Region(double area, double row, double column, int count) {
  /**
   * The largest 4-connected region of the pixels that {@code member} picks, or null where it picks
   * none.
   */
  static Region largest(Slice s, IntPredicate member) {
    int n = s.rows() * s.columns();
    boolean[] seen = new boolean[n];
    int[] stack = new int[n];
    Region best = null;
    int count = 0;
    double pixel = s.rowSpacing() * s.columnSpacing();
    for (int start = 0; start < n; start++) {
      if (seen[start] || !member.test(start)) {
        continue;
      }
      double[] sums = flood(s, member, seen, stack, start);
      count += sums[0] >= 4 ? 1 : 0;
      if (best == null || sums[0] * pixel > best.area) {
        double r = (sums[1] / sums[0] + 0.5) / s.rows();
        double c = (sums[2] / sums[0] + 0.5) / s.columns();
        best = new Region(sums[0] * pixel, r, c, 0);
      }
    }
    return best == null ? null : new Region(best.area, best.row, best.column, count);
  }

  /** Marks one region; returns its number of pixels and the sums of their rows and columns. */
  private static double[] flood(
      Slice s, IntPredicate member, boolean[] seen, int[] stack, int start) {
    double[] sums = new double[3];
    int top = 0;
    stack[top++] = start;
    seen[start] = true;
    while (top > 0) {
      int p = stack[--top];
      int r = p / s.columns();
      int c = p % s.columns();
      sums[0]++;
      sums[1] += r;
      sums[2] += c;
      int[] near = {
        r > 0 ? p - s.columns() : -1,
        r + 1 < s.rows() ? p + s.columns() : -1,
        c > 0 ? p - 1 : -1,
        c + 1 < s.columns() ? p + 1 : -1
      };
      for (int q : near) {
        if (q >= 0 && !seen[q] && member.test(q)) {
          seen[q] = true;
          stack[top++] = q;
        }
      }
    }
    return sums;
  }
}
