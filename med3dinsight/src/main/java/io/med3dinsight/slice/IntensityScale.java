package io.med3dinsight.slice;

import java.util.Arrays;

/**
 * Intensity percentiles of a whole volume, which give the words dark and bright their meaning in
 * each of its slices.
 *
 * @param low 1st percentile
 * @param dark 25th percentile
 * @param median 50th percentile
 * @param bright 85th percentile
 * @param high 99th percentile
 */
public record IntensityScale(float low, float dark, float median, float bright, float high) {
  private static final int SAMPLES = 200_000;

  /** Percentiles of {@code voxels}, taken from evenly spaced samples where there are very many. */
  public static IntensityScale of(float[] voxels) {
    int step = Math.max(1, voxels.length / SAMPLES);
    float[] s = new float[(voxels.length + step - 1) / step];
    for (int i = 0; i < s.length; i++) {
      s[i] = voxels[i * step];
    }
    Arrays.sort(s);
    return new IntensityScale(at(s, 0.01), at(s, 0.25), at(s, 0.5), at(s, 0.85), at(s, 0.99));
  }

  private static float at(float[] sorted, double q) {
    return sorted[(int) Math.round(q * (sorted.length - 1))];
  }

  /** Maps the 1st percentile to -1 and the 99th to 1, and cuts off beyond. */
  public float normalize(double value) {
    double range = (double) high - low;
    return range <= 0 ? 0f : (float) Math.max(-1, Math.min(1, 2 * (value - low) / range - 1));
  }
}
