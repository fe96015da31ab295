package io.med3dinsight.report;

import java.awt.geom.Path2D;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The outline of one label in a slice, in voxels: x along the columns, y along the rows, voxel (r,
 * c) filling the square from (c, r) to (c + 1, r + 1). It passes through the middle of every voxel
 * edge at which the label ends, so that it lies on the border of the voxels with corners cut.
 */
final class Contour {
  /**
   * One voxel edge with the label on its left (in a system with y upwards).
   *
   * @param x where it starts
   * @param y where it starts
   * @param dx its direction: 1, 0 or -1
   * @param dy its direction
   */
  private record Edge(int x, int y, int dx, int dy) {
    long end() {
      return key(x + dx, y + dy);
    }

    /**
     * True when the other edge starts here and turns towards the label. Where two voxels touch at a
     * corner only, this one goes on: they are two structures.
     */
    boolean leadsInto(Edge other) {
      return end() == key(other.x, other.y) && other.dx == -dy && other.dy == dx;
    }

    static long key(int x, int y) {
      return ((long) x << 32) | (y & 0xFFFFFFFFL);
    }
  }

  private Contour() {}

  /**
   * Traces the label.
   *
   * @param inset how far in voxels to stay inside, so that touching structures can both be seen
   */
  static Path2D of(LabelSlice slice, int label, double inset) {
    Map<Long, Deque<Edge>> byStart = edges(slice, label);
    Path2D path = new Path2D.Double();
    for (Deque<Edge> starting : byStart.values()) {
      while (!starting.isEmpty()) {
        loop(starting.poll(), byStart, path, inset);
      }
    }
    return path;
  }

  private static Map<Long, Deque<Edge>> edges(LabelSlice slice, int label) {
    List<Edge> edges = new ArrayList<>();
    for (int r = 0; r < slice.rows(); r++) {
      for (int c = 0; c < slice.columns(); c++) {
        if (!slice.at(r, c, v -> v == label)) {
          continue;
        }
        if (!slice.at(r - 1, c, v -> v == label)) {
          edges.add(new Edge(c, r, 1, 0));
        }
        if (!slice.at(r, c + 1, v -> v == label)) {
          edges.add(new Edge(c + 1, r, 0, 1));
        }
        if (!slice.at(r + 1, c, v -> v == label)) {
          edges.add(new Edge(c + 1, r + 1, -1, 0));
        }
        if (!slice.at(r, c - 1, v -> v == label)) {
          edges.add(new Edge(c, r + 1, 0, -1));
        }
      }
    }
    Map<Long, Deque<Edge>> byStart = new HashMap<>();
    for (Edge e : edges) {
      byStart.computeIfAbsent(Edge.key(e.x, e.y), k -> new ArrayDeque<>(2)).add(e);
    }
    return byStart;
  }

  private static void loop(Edge first, Map<Long, Deque<Edge>> byStart, Path2D path, double inset) {
    Edge edge = first;
    boolean started = false;
    while (edge != null) {
      // The label lies on the side (-dy, dx) of the edge.
      double x = edge.x + edge.dx / 2.0 - edge.dy * inset;
      double y = edge.y + edge.dy / 2.0 + edge.dx * inset;
      if (started) {
        path.lineTo(x, y);
      } else {
        path.moveTo(x, y);
        started = true;
      }
      edge = edge.leadsInto(first) ? null : next(edge, byStart.get(edge.end()));
    }
    path.closePath();
  }

  /** The edge that goes on; null when the loop is closed. */
  private static Edge next(Edge edge, Deque<Edge> starting) {
    for (Edge e : starting) {
      if (edge.leadsInto(e)) {
        starting.remove(e);
        return e;
      }
    }
    return starting.poll();
  }
}
