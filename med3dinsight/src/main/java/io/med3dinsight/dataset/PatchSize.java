package io.med3dinsight.dataset;

/**
 * Extents of a patch in voxels.
 *
 * @param depth along D (superior), at least 1
 * @param height along H (anterior), at least 1
 * @param width along W (right), at least 1
 */
public record PatchSize(int depth, int height, int width) {
  public PatchSize {
    if (depth < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "patch of " + depth + "x" + height + "x" + width + " (D, H, W), expected at least 1");
    }
    Math.multiplyExact(Math.multiplyExact(depth, height), width);
  }

  /** Number of voxels. */
  public int voxels() {
    return depth * height * width;
  }
}
