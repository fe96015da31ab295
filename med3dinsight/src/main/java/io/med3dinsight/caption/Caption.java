package io.med3dinsight.caption;

import io.med3dinsight.slice.Plane;

/**
 * What was said about one slice of a case: with the volume the triplet that pretraining learns
 * from.
 *
 * @param volume name of the case
 * @param plane which plane
 * @param slice slice number along the plane's axis, from 0, of the volume turned to RAS: on its own
 *     grid when {@code slices} says how many there are, otherwise on the prepared (resampled) one
 * @param slices how many slices the described volume has along that axis; null when the number is
 *     one of the prepared volume
 * @param text the description
 * @param model who wrote it; may be null
 * @param prompt hash of what was asked; null when unknown
 */
public record Caption(
    String volume,
    Plane plane,
    int slice,
    Integer slices,
    String text,
    String model,
    String prompt) {
  /**
   * @throws IllegalArgumentException without a volume, a plane or a text, or with a slice beyond
   *     the last
   */
  public Caption {
    if (volume == null || volume.isBlank() || plane == null || text == null || text.isBlank()) {
      throw new IllegalArgumentException("volume, plane or text is missing");
    }
    if (slices != null && slice >= slices) {
      throw new IllegalArgumentException("slice " + slice + " of " + slices);
    }
  }

  /** A caption of a slice of the prepared volume. */
  public Caption(String volume, Plane plane, int slice, String text, String model) {
    this(volume, plane, slice, null, text, model, null);
  }

  /**
   * The same caption for a grid of {@code count} slices over the same length: its slice is the one
   * that holds the described slice's centre. A caption without {@code slices} keeps its number.
   */
  public Caption on(int count) {
    if (slices == null) {
      return this;
    }
    int mapped = (int) ((slice + 0.5) * count / slices);
    return new Caption(volume, plane, mapped, count, text, model, prompt);
  }
}
