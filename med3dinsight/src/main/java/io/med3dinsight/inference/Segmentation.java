package io.med3dinsight.inference;

import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.ProbabilityMaps;

/**
 * What became of a volume. Closing it deletes the temporary file of the probabilities.
 *
 * @param labels on exactly the volume's grid
 * @param probabilities of every class on the same grid; of no class when they were not asked for
 * @param times where the time went
 */
public record Segmentation(LabelVolume labels, ProbabilityMaps probabilities, Times times)
    implements AutoCloseable {
  /**
   * Seconds.
   *
   * @param prepare turning, resampling and normalising the volume
   * @param network cutting windows and computing them
   * @param restore joining the windows' scores, resampling them to the volume's grid, labels
   */
  public record Times(double prepare, double network, double restore) {}

  @Override
  public void close() {
    probabilities.close();
  }
}
