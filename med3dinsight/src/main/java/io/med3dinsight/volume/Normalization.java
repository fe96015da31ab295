package io.med3dinsight.volume;

import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * How intensities become network inputs. For MRI, whose scale differs between scans, clip and scale
 * are measured in each image; for CT, whose unit is HU, they are fixed once for the dataset.
 *
 * @param scheme which of the two, or none
 * @param lower MRI: percentile (0..100) of the foreground below which intensities are clipped; CT:
 *     the same as an intensity
 * @param upper the upper end
 * @param mean CT: intensity that becomes 0
 * @param deviation CT: intensity difference that becomes 1, greater than 0
 */
public record Normalization(
    Scheme scheme, double lower, double upper, double mean, double deviation) {

  /** Where clip and scale come from. */
  public enum Scheme {
    /** Clip between percentiles, then subtract mean and divide by deviation, image by image. */
    Z_SCORE_PER_IMAGE,
    /** Clip between two intensities, then subtract and divide by fixed numbers. */
    FIXED,
    /** Leave intensities as they are. */
    NONE;

    /**
     * The scheme that suits a channel by its name, as nnU-Net has it: "CT" has one scale for the
     * whole data set, because Hounsfield units mean the same in each image, "noNorm" none, and
     * anything else one for each image.
     */
    public static Scheme ofChannel(String name) {
      return switch (name.trim().toLowerCase(Locale.ROOT)) {
        case "ct" -> FIXED;
        case "nonorm" -> NONE;
        default -> Z_SCORE_PER_IMAGE;
      };
    }
  }

  public Normalization {
    if (!(lower < upper) && scheme != Scheme.NONE) {
      throw new IllegalArgumentException(
          "normalisation from " + lower + " to " + upper + ", expected lower below upper");
    }
    if (scheme == Scheme.Z_SCORE_PER_IMAGE && (lower < 0 || upper > 100)) {
      throw new IllegalArgumentException(
          "percentiles " + lower + " and " + upper + ", expected 0 to 100");
    }
    if (scheme == Scheme.FIXED && !(deviation > 0)) {
      throw new IllegalArgumentException("deviation " + deviation + ", expected more than 0");
    }
  }

  /** MRI: z-score of the nonzero voxels, clipped to their 0.5th and 99.5th percentiles. */
  public static Normalization mri() {
    return new Normalization(Scheme.Z_SCORE_PER_IMAGE, 0.5, 99.5, 0, 1);
  }

  /** CT with the numbers measured over a dataset: see {@link #fitCt}. */
  public static Normalization ct(double lower, double upper, double mean, double deviation) {
    return new Normalization(Scheme.FIXED, lower, upper, mean, deviation);
  }

  /** CT window: HU from {@code lower} to {@code upper} become -1 to 1. */
  public static Normalization window(double lower, double upper) {
    return new Normalization(Scheme.FIXED, lower, upper, (lower + upper) / 2, (upper - lower) / 2);
  }

  /** Intensities unchanged. */
  public static Normalization none() {
    return new Normalization(Scheme.NONE, 0, 1, 0, 1);
  }

  /**
   * CT numbers from intensities sampled over the dataset's foreground: the 0.5th and 99.5th
   * percentiles, mean and deviation (as nnU-Net does; Isensee et al. 2021, supplement).
   */
  public static Normalization fitCt(float[] foreground) {
    if (foreground.length == 0) {
      throw new IllegalArgumentException("no foreground intensities to measure");
    }
    float[] sorted = foreground.clone();
    Arrays.sort(sorted);
    double lower = percentile(sorted, sorted.length, 0.5);
    double upper = percentile(sorted, sorted.length, 99.5);
    double mean = mean(sorted, sorted.length);
    double deviation = deviation(sorted, sorted.length, mean);
    return ct(lower, Math.max(upper, lower + 1e-3), mean, Math.max(deviation, 1e-3));
  }

  /** The volume with normalised intensities. A volume of one single intensity becomes zeros. */
  public Volume apply(Volume volume) {
    float[] out = volume.voxels().clone();
    apply(out);
    return volume.withVoxels(out);
  }

  /** Normalises intensities in place; they must be finite. */
  public void apply(float[] voxels) {
    switch (scheme) {
      case NONE -> {}
      case FIXED -> scale(voxels, (float) lower, (float) upper, mean, deviation);
      case Z_SCORE_PER_IMAGE -> zScore(voxels);
    }
  }

  private void zScore(float[] voxels) {
    float[] sample = foreground(voxels);
    int n = sample.length;
    Arrays.sort(sample);
    float low = (float) percentile(sample, n, lower);
    float high = (float) percentile(sample, n, upper);
    for (int i = 0; i < n; i++) {
      sample[i] = Math.min(Math.max(sample[i], low), high);
    }
    double centre = mean(sample, n);
    double spread = deviation(sample, n, centre);
    if (low == high) {
      // An image without contrast has nothing to scale; rounding must not make up any.
      Arrays.fill(voxels, 0);
      return;
    }
    scale(voxels, low, high, centre, spread);
  }

  /**
   * The nonzero voxels, or a reproducible sample of a million of them; all when none is nonzero.
   */
  private static float[] foreground(float[] voxels) {
    int limit = 1_000_000;
    float[] sample = new float[Math.min(voxels.length, limit)];
    Random random = new Random(0);
    int seen = 0;
    for (float v : voxels) {
      if (v != 0) {
        int slot = seen < limit ? seen : random.nextInt(seen + 1);
        if (slot < limit) {
          sample[slot] = v;
        }
        seen++;
      }
    }
    return seen == 0 ? new float[1] : Arrays.copyOf(sample, Math.min(seen, limit));
  }

  private static void scale(float[] voxels, float low, float high, double centre, double spread) {
    for (int i = 0; i < voxels.length; i++) {
      // In double, so that images far from zero, or very small ones, lose nothing.
      voxels[i] = (float) ((Math.min(Math.max(voxels[i], low), high) - centre) / spread);
    }
  }

  /** Percentile of ascending values, interpolated linearly (NumPy's default). */
  static double percentile(float[] sorted, int n, double percent) {
    double at = percent / 100 * (n - 1);
    int below = (int) at;
    int above = Math.min(below + 1, n - 1);
    return sorted[below] + (at - below) * ((double) sorted[above] - sorted[below]);
  }

  private static double mean(float[] values, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += values[i];
    }
    return sum / n;
  }

  private static double deviation(float[] values, int n, double mean) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (values[i] - mean) * (values[i] - mean);
    }
    return Math.sqrt(sum / n);
  }
}
