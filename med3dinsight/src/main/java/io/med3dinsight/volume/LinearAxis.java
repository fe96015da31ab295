package io.med3dinsight.volume;

/**
 * Linear interpolation along one axis of a resampled grid: output i lies between inputs {@code
 * low[i]} and {@code high[i]}, at the fraction {@code weight[i]} of the way. The outer borders of
 * both grids coincide, so centres lie at {@code (i + 0.5) n / m - 0.5}, held inside the input.
 */
record LinearAxis(int[] low, int[] high, float[] weight) {

  static LinearAxis of(int inputs, int outputs) {
    int[] low = new int[outputs];
    int[] high = new int[outputs];
    float[] weight = new float[outputs];
    for (int i = 0; i < outputs; i++) {
      double at = (i + 0.5) * inputs / outputs - 0.5;
      at = Math.min(Math.max(at, 0), inputs - 1.0);
      low[i] = (int) at;
      high[i] = Math.min(low[i] + 1, inputs - 1);
      weight[i] = (float) (at - low[i]);
    }
    return new LinearAxis(low, high, weight);
  }

  /** The last input that output i needs: {@code high[i]}, unless nothing is taken from it. */
  int last(int i) {
    return weight[i] == 0 ? low[i] : high[i];
  }

  /** The nearer of the two inputs; in the middle the lower one. */
  int nearest(int i) {
    return weight[i] > 0.5f ? high[i] : low[i];
  }
}
