package io.med3dinsight.slice;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

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
    return even(extents, most, EnumSet.allOf(Plane.class));
  }

  /** The same in some of the planes only. */
  public static List<Place> even(int[] extents, int most, Set<Plane> planes) {
    List<Place> out = new ArrayList<>();
    for (Plane p : planes) {
      int n = extents[p.axis()];
      int count = Math.min(n, most);
      for (int i = 0; i < count; i++) {
        out.add(new Place(p, (int) ((i + 0.5) * n / count)));
      }
    }
    return out;
  }

  /**
   * In each plane the slices at the (i + 1/2) / {@code most} quantiles of the foreground along the
   * axis: where there is much to see there are many, and none where there is nothing. A plane with
   * fewer slices of foreground gives them all; a volume without any foreground gives no slice.
   *
   * @param voxels intensities [D,H,W]
   * @param extents D, H, W
   * @param threshold voxels above it are foreground, such as {@link Foreground#threshold}
   */
  public static List<Place> foreground(
      float[] voxels, int[] extents, float threshold, int most, Set<Plane> planes) {
    List<Place> out = new ArrayList<>();
    for (Plane p : planes) {
      long[] counts = Foreground.counts(voxels, extents, threshold, p.axis());
      for (int index : quantiles(counts, most)) {
        out.add(new Place(p, index));
      }
    }
    return out;
  }

  private static List<Integer> quantiles(long[] counts, int most) {
    long total = 0;
    int filled = 0;
    for (long c : counts) {
      total += c;
      filled += c > 0 ? 1 : 0;
    }
    List<Integer> out = new ArrayList<>();
    int count = Math.min(filled, most);
    long before = 0;
    int left = filled;
    for (int i = 0; i < counts.length && out.size() < count; i++) {
      if (counts[i] == 0) {
        continue;
      }
      before += counts[i];
      // The quantile is reached, or only just as many slices are left as are still wanted.
      double wanted = (out.size() + 0.5) / count * total;
      if (before > wanted || left <= count - out.size()) {
        out.add(i);
      }
      left--;
    }
    return out;
  }
}
