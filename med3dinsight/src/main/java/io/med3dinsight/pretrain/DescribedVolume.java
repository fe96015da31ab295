package io.med3dinsight.pretrain;

import io.med3dinsight.slice.Plane;
import java.util.List;
import java.util.function.Supplier;

/**
 * A volume and what the frozen 2D encoders make of some of its slices.
 *
 * @param id name of the case
 * @param source gives normalised intensities [channel][D,H,W], RAS; called each time that they are
 *     needed
 * @param extents D, H, W
 * @param slices at least one
 */
public record DescribedVolume(
    String id, Supplier<float[][]> source, int[] extents, List<EmbeddedSlice> slices) {
  /**
   * One slice with its embeddings, both of length 1.
   *
   * @param index slice number along the plane's axis
   * @param imageEmbedding of the slice's pixels [E]
   * @param textEmbedding of its description [E]
   */
  public record EmbeddedSlice(
      Plane plane, int index, float[] imageEmbedding, float[] textEmbedding) {}

  /** A volume of one channel that stays in memory. */
  public DescribedVolume(String id, float[] image, int[] extents, List<EmbeddedSlice> slices) {
    this(id, () -> new float[][] {image}, extents, slices);
  }

  public DescribedVolume {
    slices = List.copyOf(slices);
    if (slices.isEmpty()) {
      throw new IllegalArgumentException("volume " + id + " has no described slice");
    }
  }
}
