package io.med3dinsight.dataset;

import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;

/**
 * A case in memory, on its file's grid.
 *
 * @param id the case
 * @param image finite intensities
 * @param labels on the image's grid, with values that the dataset declares
 */
public record LabelledScan(String id, Volume image, LabelVolume labels) {}
