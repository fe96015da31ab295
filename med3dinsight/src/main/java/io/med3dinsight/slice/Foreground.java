package io.med3dinsight.slice;

/** What of a volume is patient and what is background, by one threshold of its intensities. */
public final class Foreground {
  private static final int BINS = 256;

  private Foreground() {}

  /**
   * Otsu's threshold over a histogram of {@value #BINS} bins from the 1st to the 99th percentile:
   * the one that makes the variance between the two classes largest (Otsu, IEEE Trans. Syst. Man
   * Cybern. 9(1), 1979). Voxels above it are foreground.
   *
   * @param scale percentiles of the voxels
   */
  public static float threshold(float[] voxels, IntensityScale scale) {
    double low = scale.low();
    double range = scale.high() - low;
    if (range <= 0) {
      return scale.high();
    }
    long[] histogram = new long[BINS];
    for (float v : voxels) {
      int bin = (int) ((v - low) / range * BINS);
      histogram[Math.max(0, Math.min(BINS - 1, bin))]++;
    }
    double sum = 0;
    for (int i = 0; i < BINS; i++) {
      sum += (double) i * histogram[i];
    }
    double below = 0;
    double weight = 0;
    double best = -1;
    int at = 0;
    for (int i = 0; i < BINS - 1; i++) {
      weight += histogram[i];
      below += (double) i * histogram[i];
      double other = voxels.length - weight;
      if (weight == 0 || other == 0) {
        continue;
      }
      double difference = below / weight - (sum - below) / other;
      double between = weight * other * difference * difference;
      if (between > best) {
        best = between;
        at = i;
      }
    }
    return (float) (low + (at + 1) * range / BINS);
  }

  /** Number of voxels above the threshold in each slice along an axis of [D,H,W]. */
  static long[] counts(float[] voxels, int[] extents, float threshold, int axis) {
    long[] counts = new long[extents[axis]];
    int at = 0;
    for (int d = 0; d < extents[0]; d++) {
      for (int h = 0; h < extents[1]; h++) {
        for (int w = 0; w < extents[2]; w++, at++) {
          if (voxels[at] > threshold) {
            counts[axis == 0 ? d : axis == 1 ? h : w]++;
          }
        }
      }
    }
    return counts;
  }
}
