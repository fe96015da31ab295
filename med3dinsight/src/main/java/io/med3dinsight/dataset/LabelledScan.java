package io.med3dinsight.dataset;

import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.util.List;

/**
 * A case in memory, on its file's grid.
 *
 * @param id the case
 * @param channels finite intensities of each channel, all on one grid
 * @param labels on the channels' grid, with values that the dataset declares
 */
public record LabelledScan(String id, List<Volume> channels, LabelVolume labels) {
  public LabelledScan {
    channels = List.copyOf(channels);
  }

  /** A scan of one channel. */
  public LabelledScan(String id, Volume image, LabelVolume labels) {
    this(id, List.of(image), labels);
  }

  /** The first channel, which is what pictures show. */
  public Volume image() {
    return channels.get(0);
  }
}
