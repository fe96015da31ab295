package io.med3dinsight.caption.chat;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Modality;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.MsdDataset;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.dataset.ScanFolder;
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
 * @param modality what made it; null for the modality of the run's pictures
 */
public record CaptionSource(String id, Path image, ReadOptions options, Modality modality) {

  /** A volume that was made by what the run's pictures say. */
  public CaptionSource(String id, Path image, ReadOptions options) {
    this(id, image, options, null);
  }

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
   * All volumes that `pretrain` learns from in a place, under the names that it knows them by:
   * those of folders below a folder, each DICOM series, each channel of a data set, the rows of a
   * table.
   *
   * @param all what made all of them; null for what table, dataset.json or DICOM say of each
   * @throws DataException when there is no image, or two would have one name
   * @throws UsageException when nobody says what made one of them
   */
  public static List<CaptionSource> scans(Path place, Modality all) {
    return ScanFolder.list(place).stream()
        .map(s -> new CaptionSource(s.id(), s.image(), s.options(), all == null ? of(s) : all))
        .toList();
  }

  private static Modality of(Scan scan) {
    if (scan.modality().equals(Scan.UNKNOWN)) {
      throw new UsageException(
          "--modality is missing: nothing says what made "
              + scan.id()
              + "; say it, such as ct, or give a table with columns file and modality.");
    }
    return Modality.parse(scan.modality(), scan.id());
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

  /** The same volume, made by something else. */
  public CaptionSource madeBy(Modality other) {
    return new CaptionSource(id, image, options, other);
  }

  /** The volume turned to RAS, on its own grid. */
  Volume read() {
    Volume volume = VolumeReader.volume(image, options).requireFinite();
    return Orientation.of(volume.grid()).toRas(volume);
  }
}
