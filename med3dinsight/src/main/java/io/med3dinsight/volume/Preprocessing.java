package io.med3dinsight.volume;

/**
 * The way from a file's voxels to a network's and back: RAS order, one voxel size, normalised
 * intensities.
 *
 * @param spacing voxel sizes in mm to resample to; null keeps each image's own
 * @param normalization what happens to intensities, after resampling
 */
public record Preprocessing(Spacing spacing, Normalization normalization) {

  /** The image as the network sees it; the volume's grid is then the network's grid. */
  public Volume image(Volume file) {
    Volume ras = Orientation.of(file.grid()).toRas(file);
    Volume resampled = spacing == null ? ras : Resampling.linear(ras, spacing);
    return normalization.apply(resampled);
  }

  /** The labels on the grid that {@link #image} gives for an image of the same grid. */
  public LabelVolume labels(LabelVolume file) {
    LabelVolume ras = Orientation.of(file.grid()).toRas(file);
    return spacing == null
        ? ras
        : Resampling.perClass(ras, Resampling.grid(ras.grid(), spacing, file.source()));
  }

  /** The network's grid for a file's grid. */
  public Grid grid(Grid file) {
    Grid ras = Orientation.of(file).toRas(file);
    return spacing == null ? ras : Resampling.grid(ras, spacing);
  }

  /**
   * The network's class scores as a label map on exactly the file's grid: interpolated, then the
   * largest.
   *
   * @param scores [D, H, W, C] on {@code grid(file)}
   * @param classes C; class number and label are the same
   */
  public LabelVolume restore(float[] scores, int classes, Grid file) {
    Orientation orientation = Orientation.of(file);
    Grid ras = orientation.toRas(file);
    int[] labels = Resampling.argmax(scores, classes, grid(file), ras);
    return orientation.fromRas(LabelVolume.of(ras, labels), file);
  }
}
