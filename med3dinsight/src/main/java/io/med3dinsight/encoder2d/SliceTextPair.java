package io.med3dinsight.encoder2d;

import io.med3dinsight.slice.Plane;
import io.med3dinsight.slice.Slice;

/**
 * A slice and its description, to train on.
 *
 * @param thumbnail [S*S], the slice resampled to a square, intensities in [-1, 1]
 * @param plane of the slice
 * @param text that describes it
 */
public record SliceTextPair(float[] thumbnail, Plane plane, String text) {
  /** Keeps of a slice what training needs. */
  public static SliceTextPair of(Slice slice, String text, SliceTextConfig config) {
    return new SliceTextPair(slice.thumbnail(config.thumbnail()), slice.plane(), text);
  }
}
