package io.med3dinsight.bench.pytorch;

import java.util.List;

/** Whether two programs computed the same. */
final class Agreement {
  private Agreement() {}

  /**
   * The largest difference, relative to the largest value of the tensor it is in.
   *
   * @throws IllegalStateException when it is above {@code tolerance}, or lengths differ
   */
  static double check(String what, List<float[]> ours, List<float[]> theirs, double tolerance) {
    if (ours.size() != theirs.size()) {
      throw new IllegalStateException(
          what + ": " + ours.size() + " tensors here and " + theirs.size() + " in PyTorch");
    }
    double worst = 0;
    for (int i = 0; i < ours.size(); i++) {
      double d = difference(what, ours.get(i), theirs.get(i));
      if (!(d <= tolerance)) {
        throw new IllegalStateException(
            String.format(
                "%s: tensor %d (0 is the result, then gradients) differs from PyTorch's by %.2e of"
                    + " its largest value, more than %.0e",
                what, i, d, tolerance));
      }
      worst = Math.max(worst, d);
    }
    return worst;
  }

  /** The largest difference relative to the largest value of {@code expected}. */
  static double difference(String what, float[] got, float[] expected) {
    if (got.length != expected.length) {
      throw new IllegalStateException(
          what + ": " + got.length + " elements here and " + expected.length + " in PyTorch");
    }
    double scale = Double.MIN_NORMAL;
    double worst = 0;
    for (int i = 0; i < got.length; i++) {
      scale = Math.max(scale, Math.abs(expected[i]));
      double d = Math.abs((double) got[i] - expected[i]);
      if (Double.isNaN(d)) {
        return Double.NaN;
      }
      worst = Math.max(worst, d);
    }
    return worst / scale;
  }
}
