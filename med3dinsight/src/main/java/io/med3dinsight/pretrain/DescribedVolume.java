package io.med3dinsight.pretrain;

import io.med3dinsight.slice.Plane;
import java.util.List;

/**
 * A volume and what the frozen 2D encoders make of some of its slices.
 *
 * @param id name of the case
 * @param image normalised intensities [D,H,W], RAS
 * @param extents D, H, W
 * @param slices at least one
 */
public record DescribedVolume(String id, float[] image, int[] extents, List<EmbeddedSlice> slices) {
  /**
   * One slice with its embeddings, both of length 1.
   *
   * @param index slice number along the plane's axis
   * @param imageEmbedding of the slice's pixels [E]
   * @param textEmbedding of its description [E]
   */
  public record EmbeddedSlice(
      Plane plane, int index, float[] imageEmbedding, float[] textEmbedding) {}

  public DescribedVolume {
    slices = List.copyOf(slices);
    if (slices.isEmpty()) {
      throw new IllegalArgumentException("volume " + id + " has no described slice");
    }
  }
}
