package io.med3dinsight.classification;

import io.med3dinsight.UsageException;
import io.med3dinsight.volume.Normalization;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What a user may say of a classifier's input; the rest follows from the training images.
 *
 * @param spacing x, y, z of the network's voxels in mm, in RAS order; null for such that the input
 *     covers the median training image
 * @param window intensities that become -1 and 1, such as a CT window, in the channels that are
 *     normalised by one scale for the data set; null to measure the scale
 * @param channels what each channel is, such as CT and PET; null where that is not known
 * @param normalization how each channel's intensities are normalised; null to follow from its name
 */
public record InputSettings(
    double[] spacing,
    double[] window,
    List<String> channels,
    List<Normalization.Scheme> normalization) {

  public InputSettings {
    if (spacing != null
        && !(spacing.length == 3 && spacing[0] > 0 && spacing[1] > 0 && spacing[2] > 0)) {
      throw new UsageException(
          "spacing is " + Arrays.toString(spacing) + ": expected three sizes above 0.");
    }
    if (window != null && !(window.length == 2 && window[0] < window[1])) {
      throw new UsageException(
          "window is " + Arrays.toString(window) + ": expected [lower, upper].");
    }
    if (channels != null && channels.isEmpty()) {
      throw new UsageException("channels is []: expected a name for each channel, or null.");
    }
  }

  /** Nothing is said. */
  public static InputSettings none() {
    return new InputSettings(null, null, null, null);
  }

  /** Number of channels that are named; 0 to take what the data has. */
  public int named() {
    return channels == null ? 0 : channels.size();
  }

  /** The channels' names joined by +; empty where they are not known. */
  String modality() {
    return channels == null ? "" : String.join("+", channels);
  }

  /**
   * How the intensities of each channel of a data set are normalised.
   *
   * @throws UsageException when the settings do not fit the number of channels
   */
  List<Normalization.Scheme> schemes(ImageSource source) {
    int count = source.channels();
    requireCount("channels", channels, source);
    requireCount("normalization", names(normalization), source);
    List<Normalization.Scheme> schemes = normalization;
    if (schemes == null && channels != null) {
      schemes = channels.stream().map(Normalization.Scheme::ofChannel).toList();
    }
    if (schemes == null) {
      boolean one = source.sharesScale() || (window != null && count == 1);
      Normalization.Scheme each =
          one ? Normalization.Scheme.FIXED : Normalization.Scheme.Z_SCORE_PER_IMAGE;
      schemes = Collections.nCopies(count, each);
    }
    if (window != null && !schemes.contains(Normalization.Scheme.FIXED)) {
      throw new UsageException(
          "window is "
              + Arrays.toString(window)
              + ", but no channel is normalised by one scale for the data set: name it CT in"
              + " channels, or call it fixed in normalization.");
    }
    return schemes;
  }

  /** The schemes as settings call them. */
  private static List<String> names(List<Normalization.Scheme> schemes) {
    return schemes == null
        ? null
        : schemes.stream().map(s -> s.name().toLowerCase(Locale.ROOT)).toList();
  }

  private static void requireCount(String setting, List<?> given, ImageSource source) {
    if (given != null && given.size() != source.channels()) {
      throw new UsageException(
          setting
              + " is "
              + given
              + ": expected one for each channel of "
              + source.name()
              + ", which has "
              + source.channels()
              + ".");
    }
  }
}
