package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.VolumeReader;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * One subject of a dataset.
 *
 * @param id name of the image file without its ending
 * @param image the scan
 * @param label its label map; empty for a scan without one
 */
public record Case(String id, Path image, Optional<Path> label) {
  public Case {
    Objects.requireNonNull(id);
    Objects.requireNonNull(image);
    Objects.requireNonNull(label);
  }

  /** The label map's path, for a case that must have one. */
  public Path requireLabel() {
    return label.orElseThrow(
        () -> new DataException("case " + id + " has no label map; add one or leave it out."));
  }

  /** A file's name without the ending of an image. */
  public static String idOf(Path file) {
    return VolumeReader.stem(file);
  }
}
