package io.med3dinsight.ablation;

import io.med3dinsight.metric.Bootstrap;
import io.med3dinsight.metric.Interval;
import java.util.Arrays;
import java.util.Optional;
import org.apache.commons.math3.stat.inference.WilcoxonSignedRankTest;

/**
 * Two methods case by case.
 *
 * @param difference mean of the differences
 * @param low lower end of its 95 % interval: percentile bootstrap over the cases; not a number for
 *     a single case
 * @param high upper end
 * @param p of Wilcoxon's signed-rank test, two-sided; differences of 0 are left out, as Wilcoxon
 *     did
 */
record Comparison(double difference, double low, double high, double p) {
  private static final int DRAWS = 10_000;

  /** Exact up to here; beyond, the sums of ranks are nearly normal. */
  private static final int EXACT = 16;

  /**
   * @param a scores of the cases under one method
   * @param b of the same cases under the other
   */
  static Comparison of(double[] a, double[] b) {
    int n = a.length;
    double[] d = new double[n];
    for (int i = 0; i < n; i++) {
      d[i] = a[i] - b[i];
    }
    Optional<Interval> interval = new Bootstrap(DRAWS, 0.95, n).mean(d);
    return new Comparison(
        Arrays.stream(d).average().orElseThrow(),
        interval.map(Interval::low).orElse(Double.NaN),
        interval.map(Interval::high).orElse(Double.NaN),
        wilcoxon(d));
  }

  private static double wilcoxon(double[] d) {
    double[] differing = Arrays.stream(d).filter(x -> x != 0).toArray();
    if (differing.length == 0) {
      return 1;
    }
    double p =
        new WilcoxonSignedRankTest()
            .wilcoxonSignedRankTest(
                differing, new double[differing.length], differing.length <= EXACT);
    return Math.min(1, p);
  }
}
