package io.med3dinsight.bench.pytorch;

/**
 * One line of the comparison.
 *
 * @param row name, for the command line
 * @param title what is computed
 * @param mode forward, forward + backward, step, peak memory
 * @param unit ms or MiB
 * @param ours the engine's minimum
 * @param theirs PyTorch's minimum, of its fastest variant
 * @param variant PyTorch's fastest variant
 * @param ratio ours / theirs
 * @param low 10th percentile of the paired ratios
 * @param median of the paired ratios
 * @param high 90th percentile of the paired ratios
 * @param target the ratio to stay below, or null
 * @param difference largest difference between both results, relative to the largest value
 * @param note what else to know
 * @param commit the engine's
 * @param measured when
 */
record Result(
    String row,
    String title,
    String mode,
    String unit,
    double ours,
    double theirs,
    String variant,
    double ratio,
    double low,
    double median,
    double high,
    Double target,
    double difference,
    String note,
    String commit,
    String measured) {
  static final String FORWARD = "forward";
  static final String BOTH = "forward + backward";

  Result withDifference(double d) {
    return new Result(
        row, title, mode, unit, ours, theirs, variant, ratio, low, median, high, target, d, note,
        commit, measured);
  }

  String verdict() {
    if (target == null) {
      return ratio > 1 ? "slower" : "";
    }
    return ratio <= target ? "met" : "missed";
  }

  /** What tells it from all others. */
  String key() {
    return row + "/" + mode;
  }
}
