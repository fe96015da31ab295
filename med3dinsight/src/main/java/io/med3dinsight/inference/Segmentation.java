package io.med3dinsight.inference;

import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.util.List;

/**
 * What became of a volume.
 *
 * @param labels on exactly the volume's grid
 * @param probabilities of every class on the same grid, 0 to 1, before parts were removed; none
 *     when they were not asked for
 * @param times where the time went
 */
public record Segmentation(LabelVolume labels, List<Volume> probabilities, Times times) {
  /**
   * Seconds.
   *
   * @param prepare turning, resampling and normalising the volume
   * @param network cutting windows and computing them
   * @param restore joining the windows' scores, resampling them to the volume's grid, labels
   */
  public record Times(double prepare, double network, double restore) {}

  public Segmentation {
    probabilities = List.copyOf(probabilities);
  }
}
