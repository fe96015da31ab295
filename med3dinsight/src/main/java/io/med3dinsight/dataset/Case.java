package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.VolumeReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One subject of a dataset.
 *
 * @param id name of the image file without its ending and without nnU-Net's number of the channel
 * @param channels the scan: a file for each channel, or one with a frame for each
 * @param label its label map; empty for a scan without one
 */
public record Case(String id, List<Path> channels, Optional<Path> label) {
  public Case {
    Objects.requireNonNull(id);
    Objects.requireNonNull(label);
    channels = List.copyOf(channels);
  }

  /** The file of the first channel. */
  public Path image() {
    return channels.get(0);
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
