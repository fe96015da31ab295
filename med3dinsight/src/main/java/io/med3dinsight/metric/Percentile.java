package io.med3dinsight.metric;

/** Percentiles, interpolated linearly between ranks as numpy does by default. */
final class Percentile {
  private Percentile() {}

  /**
   * @param sorted ascending, not empty
   * @param share 0 for the least, 1 for the largest
   */
  static double ofSorted(double[] sorted, double share) {
    double rank = share * (sorted.length - 1);
    int below = (int) rank;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
  }
}
