package io.med3dinsight.volume;

import io.med3dinsight.engine.cpu.Parallel;
import java.util.List;

/**
 * The way from a file's voxels to a network's and back: RAS order, one voxel size, normalised
 * intensities.
 *
 * @param spacing voxel sizes in mm to resample to; null keeps each image's own
 * @param normalizations what happens to the intensities of each channel, after resampling; at least
 *     one
 */
public record Preprocessing(Spacing spacing, List<Normalization> normalizations) {
  public Preprocessing {
    normalizations = List.copyOf(normalizations);
    if (normalizations.isEmpty()) {
      throw new IllegalArgumentException("no normalisation, expected one a channel");
    }
  }

  /** For images of one channel. */
  public Preprocessing(Spacing spacing, Normalization normalization) {
    this(spacing, List.of(normalization));
  }

  /** Number of channels. */
  public int channels() {
    return normalizations.size();
  }

  /** An image of one channel as the network sees it. */
  public Volume image(Volume file) {
    if (channels() != 1) {
      throw new IllegalArgumentException("one channel, expected " + channels());
    }
    return image(file, 0);
  }

  /**
   * One channel as the network sees it; the volume's grid is then the network's grid.
   *
   * @param channel its number, from 0
   */
  public Volume image(Volume file, int channel) {
    Volume ras = Orientation.of(file.grid()).toRas(file);
    Volume resampled = spacing == null ? ras : Resampling.linear(ras, spacing);
    return normalizations.get(channel).apply(resampled);
  }

  /**
   * All channels as the network sees them: intensities [channel][D, H, W] on {@code grid} of the
   * first one's.
   *
   * @param files on one grid
   */
  public float[][] images(List<Volume> files) {
    if (files.size() != channels()) {
      throw new IllegalArgumentException(files.size() + " channels, expected " + channels());
    }
    float[][] images = new float[channels()][];
    for (int c = 0; c < images.length; c++) {
      images[c] = image(files.get(c), c).voxels();
    }
    return images;
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
