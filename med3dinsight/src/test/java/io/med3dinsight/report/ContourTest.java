package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.geom.Path2D;
import java.awt.geom.PathIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ContourTest {
  @Test
  void oneVoxelIsADiamondThroughTheMiddlesOfItsEdges() {
    LabelSlice slice = slice("...", ".x.", "...");
    assertEquals(
        Set.of("1.0 1.5", "1.5 1.0", "1.5 2.0", "2.0 1.5"), points(Contour.of(slice, 1, 0)));
    assertEquals(
        Set.of("1.25 1.5", "1.5 1.25", "1.5 1.75", "1.75 1.5"), points(Contour.of(slice, 1, 0.25)));
  }

  @Test
  void voxelsThatTouchAtACornerAreTwoStructures() {
    assertEquals(2, loops(Contour.of(slice("x.", ".x"), 1, 0)).size());
    assertEquals(2, loops(Contour.of(slice(".x", "x."), 1, 0)).size());
    assertEquals(1, loops(Contour.of(slice("xx", ".x"), 1, 0)).size());
  }

  @Test
  void aHoleHasItsOwnOutline() {
    List<Integer> lengths = loops(Contour.of(slice("xxx", "x.x", "xxx"), 1, 0));
    lengths.sort(null);
    assertEquals(List.of(4, 12), lengths);
  }

  @Test
  void everyBorderEdgeIsVisitedOnce() {
    // At the corner in the middle four edges meet.
    LabelSlice slice = slice("xx..", "xx..", "..xx", "..xx");
    assertEquals(16, loops(Contour.of(slice, 1, 0)).stream().mapToInt(n -> n).sum());
    assertEquals(0, loops(Contour.of(slice, 2, 0)).size());
  }

  private static LabelSlice slice(String... rows) {
    int columns = rows[0].length();
    int[] labels = new int[rows.length * columns];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = rows[i / columns].charAt(i % columns) == 'x' ? 1 : 0;
    }
    return new LabelSlice(rows.length, columns, labels);
  }

  private static Set<String> points(Path2D path) {
    Set<String> points = new TreeSet<>();
    double[] at = new double[6];
    for (PathIterator i = path.getPathIterator(null); !i.isDone(); i.next()) {
      if (i.currentSegment(at) != PathIterator.SEG_CLOSE) {
        points.add(at[0] + " " + at[1]);
      }
    }
    return points;
  }

  /** Number of points of every loop. */
  private static List<Integer> loops(Path2D path) {
    List<Integer> loops = new ArrayList<>();
    double[] at = new double[6];
    for (PathIterator i = path.getPathIterator(null); !i.isDone(); i.next()) {
      int kind = i.currentSegment(at);
      if (kind == PathIterator.SEG_MOVETO) {
        loops.add(1);
      } else if (kind == PathIterator.SEG_LINETO) {
        loops.set(loops.size() - 1, loops.get(loops.size() - 1) + 1);
      }
    }
    return loops;
  }
}
