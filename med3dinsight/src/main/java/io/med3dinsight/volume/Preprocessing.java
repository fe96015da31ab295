package io.med3dinsight.volume;

import io.med3dinsight.engine.cpu.Parallel;

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
   * Takes the network's class scores on {@code grid(file)} plane by plane, and gives labels on
   * exactly the file's grid.
   *
   * @param classes C; class number and label are the same
   * @param maps of the same grid and classes, which take every class's probability; null for none
   */
  public ScoreRestorer restorer(Grid file, int classes, ProbabilityMaps maps, Parallel parallel) {
    Orientation orientation = Orientation.of(file);
    Grid ras = orientation.toRas(file);
    Grid from = grid(file);
    return new ScoreRestorer(
        new int[] {from.depth(), from.height(), from.width()},
        new int[] {ras.depth(), ras.height(), ras.width()},
        orientation.start(file),
        orientation.strides(file),
        classes,
        maps,
        parallel);
  }
}
