package io.med3dinsight.slice;

import java.util.ArrayList;
import java.util.List;

/** Which slices of a volume are described. */
public final class SliceChoice {
  /** One slice: a plane and an index along its axis. */
  public record Place(Plane plane, int index) {}

  private SliceChoice() {}

  /**
   * In each plane all slices, or {@code most} of them evenly spaced where there are more.
   *
   * @param extents D, H, W
   */
  public static List<Place> even(int[] extents, int most) {
    List<Place> out = new ArrayList<>();
    for (Plane p : Plane.values()) {
      int n = extents[p.axis()];
      int count = Math.min(n, most);
      for (int i = 0; i < count; i++) {
        out.add(new Place(p, (int) ((i + 0.5) * n / count)));
      }
    }
    return out;
  }
}
