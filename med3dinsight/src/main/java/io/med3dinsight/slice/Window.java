package io.med3dinsight.slice;

import io.med3dinsight.UsageException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The intensities that become black and white: a window of Hounsfield units for CT, percentiles of
 * the volume otherwise.
 *
 * @param low this and less is black
 * @param high this and more is white
 */
public record Window(double low, double high) {
  private static final int SAMPLES = 1_000_000;

  /** Level and width in HU, as viewers have them. */
  private static final Map<String, int[]> NAMED = named();

  private static Map<String, int[]> named() {
    Map<String, int[]> windows = new LinkedHashMap<>();
    windows.put("soft", new int[] {40, 400});
    windows.put("lung", new int[] {-600, 1500});
    windows.put("bone", new int[] {400, 1800});
    windows.put("brain", new int[] {40, 80});
    windows.put("liver", new int[] {60, 160});
    windows.put("wide", new int[] {0, 2000});
    return windows;
  }

  /**
   * A CT window: {@code soft} (level 40, width 400 HU), {@code lung} (-600, 1500), {@code bone}
   * (400, 1800), {@code brain} (40, 80), {@code liver} (60, 160), {@code wide} (0, 2000), or level
   * and width as {@code 50/350}.
   *
   * @throws UsageException for anything else
   */
  public static Window ct(String text) {
    int[] known = NAMED.get(text.toLowerCase(Locale.ROOT));
    if (known != null) {
      return ofLevel(known[0], known[1]);
    }
    if (text.matches("-?\\d{1,5}/\\d{1,5}") && !text.matches(".*/0+")) {
      String[] parts = text.split("/", -1);
      return ofLevel(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }
    throw new UsageException(
        "The window is '"
            + text
            + "': expected "
            + String.join(", ", NAMED.keySet())
            + ", or level and width in HU such as 50/350.");
  }

  private static Window ofLevel(double level, double width) {
    return new Window(level - width / 2, level + width / 2);
  }

  /**
   * From one percentile of the voxels to another, from evenly spaced samples where there are very
   * many.
   *
   * @param lower from 0 to 100
   * @param upper from {@code lower} to 100
   */
  public static Window ofPercentiles(float[] voxels, double lower, double upper) {
    int step = Math.max(1, voxels.length / SAMPLES);
    float[] sample = new float[(voxels.length + step - 1) / step];
    for (int i = 0; i < sample.length; i++) {
      sample[i] = voxels[i * step];
    }
    Arrays.sort(sample);
    return new Window(percentile(sample, lower), percentile(sample, upper));
  }

  private static float percentile(float[] sorted, double percent) {
    return sorted[(int) Math.round(percent / 100 * (sorted.length - 1))];
  }

  /** Grey value from 0 to 255. */
  int grey(double intensity) {
    if (high <= low) {
      return intensity > high ? 255 : 0;
    }
    double share = (intensity - low) / (high - low);
    return (int) Math.round(255 * Math.max(0, Math.min(1, share)));
  }
}
