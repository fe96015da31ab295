package io.med3dinsight.caption;

import io.med3dinsight.slice.Plane;

/**
 * What was said about one slice of a case: with the volume the triplet that pretraining learns
 * from.
 *
 * @param volume name of the case
 * @param plane which plane
 * @param slice slice number along the plane's axis of the prepared volume (RAS, resampled)
 * @param text the description
 * @param model who wrote it; may be null
 */
public record Caption(String volume, Plane plane, int slice, String text, String model) {
  /**
   * @throws IllegalArgumentException without a volume, a plane or a text
   */
  public Caption {
    if (volume == null || volume.isBlank() || plane == null || text == null || text.isBlank()) {
      throw new IllegalArgumentException("volume, plane or text is missing");
    }
  }
}
