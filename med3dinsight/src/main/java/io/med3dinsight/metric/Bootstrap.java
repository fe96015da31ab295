package io.med3dinsight.metric;

import io.med3dinsight.UsageException;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Percentile bootstrap over cases (Efron 1979): the statistic of {@code resamples} sets of as many
 * cases, drawn with replacement, and of those values the percentiles that leave out {@code (1 -
 * level) / 2} on either side. Cases are drawn, not voxels or structures, because those of one case
 * depend on each other. The same seed draws the same cases for every statistic.
 *
 * @param resamples how many sets are drawn, at least 100
 * @param level probability of the interval, above 0 and below 1
 * @param seed of the draws
 */
public record Bootstrap(int resamples, double level, long seed) {
  private static final int FEWEST = 100;

  public Bootstrap {
    if (resamples < FEWEST) {
      throw new UsageException(
          "The number of bootstrap resamples is " + resamples + ": expected at least " + FEWEST);
    }
    if (!(level > 0 && level < 1)) {
      throw new UsageException(
          "The level of the intervals is " + level + ": expected between 0 and 1, such as 0.95.");
    }
  }

  /** 95 % from 2000 resamples, seed 0. */
  public static Bootstrap standard() {
    return new Bootstrap(2000, 0.95, 0);
  }

  /** The interval of a mean; empty when there are fewer than two cases. */
  public Optional<Interval> mean(double[] values) {
    return interval(
        values.length,
        drawn -> {
          double sum = 0;
          for (int i : drawn) {
            sum += values[i];
          }
          return sum / drawn.length;
        });
  }

  /**
   * The interval of any statistic of cases.
   *
   * @param cases how many there are
   * @param statistic of the cases with the given numbers, 0 to cases - 1, any of them repeated or
   *     missing; not a number where it is not defined, as an AUC without positives, and such sets
   *     are left out
   * @return empty with fewer than two cases, or when the statistic is not defined for at least half
   *     of the sets
   */
  public Optional<Interval> interval(int cases, ToDoubleFunction<int[]> statistic) {
    if (cases < 2) {
      return Optional.empty();
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] values = new double[resamples];
    int[] drawn = new int[cases];
    int defined = 0;
    for (int r = 0; r < resamples; r++) {
      for (int i = 0; i < cases; i++) {
        drawn[i] = random.nextInt(cases);
      }
      double value = statistic.applyAsDouble(drawn);
      if (!Double.isNaN(value)) {
        values[defined++] = value;
      }
    }
    if (2 * defined < resamples) {
      return Optional.empty();
    }
    double[] sorted = Arrays.copyOf(values, defined);
    Arrays.sort(sorted);
    double tail = (1 - level) / 2;
    return Optional.of(
        new Interval(Percentile.ofSorted(sorted, tail), Percentile.ofSorted(sorted, 1 - tail)));
  }
}
