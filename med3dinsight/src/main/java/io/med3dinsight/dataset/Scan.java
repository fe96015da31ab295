package io.med3dinsight.dataset;

import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.nio.file.Path;

/**
 * An image, whether or not anybody has labelled it.
 *
 * @param id its name
 * @param image the file, or the folder of a DICOM series
 * @param options which image is meant where there are several
 * @param modality what made it, such as "MRI" or "CT"; {@link #UNKNOWN} when nobody says
 */
public record Scan(String id, Path image, ReadOptions options, String modality) {
  /** The modality of an image of which nobody says it. */
  public static final String UNKNOWN = "unknown";

  /**
   * Its intensities.
   *
   * @throws io.med3dinsight.DataException when it is damaged or not finite
   */
  public Volume read() {
    return VolumeReader.volume(image, options).requireFinite();
  }

  /** Whether intensities are Hounsfield units. */
  public boolean isCt() {
    return modality.strip().equalsIgnoreCase("CT");
  }
}
