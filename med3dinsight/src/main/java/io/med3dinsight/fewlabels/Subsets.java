package io.med3dinsight.fewlabels;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Draws;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** Random subsets of training cases, each within every larger one. */
public final class Subsets {
  private Subsets() {}

  /**
   * An order of the cases of which every beginning is a subset: the classes are mixed evenly, so
   * that each beginning has nearly the shares of the whole, and one case of each class comes first.
   *
   * @param classes class of each case; all the same where cases have none
   * @param seed decides the order, together with the number of cases and their classes
   * @return the cases' places
   */
  public static int[] order(int[] classes, long seed) {
    TreeMap<Integer, List<Integer>> byClass = new TreeMap<>();
    for (int i = 0; i < classes.length; i++) {
      byClass.computeIfAbsent(classes[i], c -> new ArrayList<>()).add(i);
    }
    record Place(double at, int of, int index) {}
    List<Place> places = new ArrayList<>();
    byClass.forEach(
        (c, members) -> {
          Draws draws = new Draws(seed, c);
          for (int i = members.size() - 1; i > 0; i--) {
            java.util.Collections.swap(members, i, draws.nextInt(i + 1));
          }
          for (int i = 0; i < members.size(); i++) {
            double at = i == 0 ? -1 : (i + 0.5) / members.size();
            places.add(new Place(at, c, members.get(i)));
          }
        });
    places.sort(Comparator.comparingDouble(Place::at).thenComparingInt(Place::of));
    return places.stream().mapToInt(Place::index).toArray();
  }

  /**
   * Number of cases that a share comes to: rounded, at least {@code least}, at most all.
   *
   * @throws UsageException for a share that is not above 0 and up to 100 percent
   */
  public static int size(double percent, int cases, int least) {
    if (!(percent > 0 && percent <= 100)) {
      throw new UsageException(
          "percents holds " + percent + ": expected numbers above 0, up to 100.");
    }
    return Math.min(cases, Math.max(least, (int) Math.round(percent / 100 * cases)));
  }
}
