package io.med3dinsight.caption.chat;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A volume whose slices are to be described.
 *
 * @param id its name in the captions; stays on this machine
 * @param image the file, or the folder of a DICOM series
 * @param options which image is meant where there are several
 */
public record CaptionSource(String id, Path image, ReadOptions options) {

  /** The first channel of all cases of a dataset, with labels or without. */
  public static List<CaptionSource> of(MsdDataset dataset) {
    List<Case> cases = new ArrayList<>(dataset.training());
    cases.addAll(dataset.test());
    return distinct(
        cases.stream()
            .map(c -> new CaptionSource(c.id(), c.image(), dataset.firstChannel(c)))
            .toList());
  }

  /**
   * An image, the images of a folder, or a DICOM series. A volume's name is its file's name without
   * the ending, and without nnU-Net's {@code _0000}.
   *
   * @throws DataException when there is no image, or two would have one name
   */
  public static List<CaptionSource> list(Path input, ReadOptions options) {
    if (!Files.exists(input)) {
      throw new DataException(input + " does not exist; expected an image or a folder of them.");
    }
    if (!Files.isDirectory(input)) {
      return List.of(of(input, options));
    }
    List<Path> images;
    try (Stream<Path> entries = Files.list(input)) {
      images =
          entries.filter(VolumeReader::isImageName).filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw DataException.of(input, "read", e);
    }
    if (images.isEmpty() && VolumeReader.isDicomFolder(input)) {
      return List.of(of(input, options));
    }
    if (images.isEmpty()) {
      throw new DataException(
          input + " holds no image; expected .nii, .nii.gz or .nrrd files, or a DICOM series.");
    }
    return distinct(images.stream().map(i -> of(i, options)).toList());
  }

  private static CaptionSource of(Path image, ReadOptions options) {
    Path named = image.toAbsolutePath().normalize();
    String id = VolumeReader.stem(named).replaceFirst("_0000$", "");
    return new CaptionSource(id, image, options);
  }

  private static List<CaptionSource> distinct(List<CaptionSource> sources) {
    Map<String, Path> seen = new HashMap<>();
    for (CaptionSource s : sources) {
      Path other = seen.put(s.id, s.image);
      if (other != null) {
        throw new DataException(
            other + " and " + s.image + " would both be the volume " + s.id + "; rename one.");
      }
    }
    return sources;
  }

  /** The volume turned to RAS, on its own grid. */
  Volume read() {
    Volume volume = VolumeReader.volume(image, options).requireFinite();
    return Orientation.of(volume.grid()).toRas(volume);
  }
}
