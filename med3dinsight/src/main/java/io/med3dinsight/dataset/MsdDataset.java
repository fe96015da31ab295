package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.Volume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A folder in the layout of the Medical Segmentation Decathlon: dataset.json beside imagesTr and
 * labelsTr. The layouts of nnU-Net are read as well: v1 (files of each channel, numbered from
 * _0000) and v2 (labels by name, no list of cases).
 *
 * @param folder where dataset.json lies
 * @param name the dataset's name
 * @param modality what the images are, such as "MRI" or "CT"; several channels joined by +
 * @param channels what each channel is
 * @param labels label value to name, consecutive from 0, the background
 * @param training cases with labels
 * @param test cases without labels
 */
public record MsdDataset(
    Path folder,
    String name,
    String modality,
    List<String> channels,
    SortedMap<Integer, String> labels,
    List<Case> training,
    List<Case> test) {

  public MsdDataset {
    channels = List.copyOf(channels);
    labels = new TreeMap<>(labels);
    training = List.copyOf(training);
    test = List.copyOf(test);
  }

  /**
   * Reads dataset.json and checks that every file it names is there.
   *
   * @throws DataException when the folder or a file is missing or dataset.json says nothing usable
   */
  public static MsdDataset read(Path folder) {
    return new DatasetJson(folder).read();
  }

  /**
   * The same without the cases of which a file is missing.
   *
   * @param incomplete takes the name of each of them and the sentence that says what is missing
   */
  static MsdDataset read(Path folder, BiConsumer<String, DataException> incomplete) {
    return new DatasetJson(folder, incomplete).read();
  }

  /**
   * Label value to name from a dataset.json alone, without looking at the images.
   *
   * @throws DataException when the file is missing or declares no usable labels
   */
  public static SortedMap<Integer, String> readLabels(Path file) {
    return DatasetJson.labelsOf(file);
  }

  /** Number of classes with the background. */
  public int classes() {
    return labels.size();
  }

  /**
   * How each channel's intensities are normalised, by its name: see {@link
   * Normalization.Scheme#ofChannel}. What is fixed is measured in the data set's foreground.
   */
  public List<Normalization.Scheme> schemes() {
    return channels.stream().map(Normalization.Scheme::ofChannel).toList();
  }

  /**
   * The training cases with these ids, in this order.
   *
   * @throws DataException when an id is not in the dataset
   */
  public List<Case> cases(List<String> ids) {
    Map<String, Case> byId =
        training.stream().collect(Collectors.toMap(Case::id, Function.identity()));
    List<Case> cases = new ArrayList<>();
    for (String id : ids) {
      Case found = byId.get(id);
      if (found == null) {
        throw new DataException(
            "case "
                + id
                + " is not among the "
                + training.size()
                + " training cases of "
                + folder
                + "; correct the split or add the case to dataset.json.");
      }
      cases.add(found);
    }
    return cases;
  }

  /** Ids of all training cases, in dataset.json's order. */
  public List<String> ids() {
    return training.stream().map(Case::id).toList();
  }

  /**
   * Reads a case and checks it.
   *
   * @throws DataException when a file is damaged, intensities are not finite, channels or label
   *     differ in shape or position, or a label value is not in dataset.json
   */
  public LabelledScan load(Case c) {
    List<Volume> images = images(c);
    images.forEach(Volume::requireFinite);
    return load(c, images);
  }

  /**
   * The channels of a case, one after the other from the files or frames that hold them.
   *
   * @throws DataException when a file is damaged, their number is another than dataset.json says,
   *     or they lie on different grids
   */
  public List<Volume> images(Case c) {
    String wanted = "dataset.json declares " + channels.size() + "; correct one of the two.";
    return Channels.read(c.channels(), ReadOptions.none(), channels.size(), wanted);
  }

  /** Which image of a case's first file is its first channel. */
  public ReadOptions firstChannel(Case c) {
    boolean frames = c.channels().size() < channels.size();
    return frames ? ReadOptions.ofFrame(0) : ReadOptions.none();
  }

  /** The label of a case whose channels are at hand, checked against them. */
  LabelledScan load(Case c, List<Volume> images) {
    Volume image = images.get(0);
    LabelVolume label = LabelVolume.read(c.requireLabel());
    if (!image.grid().sameShape(label.grid())) {
      throw new DataException(
          "case "
              + c.id()
              + ": the image "
              + c.image()
              + " has "
              + image.grid().shapeText()
              + " voxels, but its label "
              + c.requireLabel()
              + " has "
              + label.grid().shapeText()
              + "; they must be the same.");
    }
    double voxel =
        Math.max(
            image.grid().spacing().x(),
            Math.max(image.grid().spacing().y(), image.grid().spacing().z()));
    if (!image.grid().sameSpace(label.grid(), voxel)) {
      throw new DataException(
          "case "
              + c.id()
              + ": the image "
              + c.image()
              + " and its label "
              + c.requireLabel()
              + " lie more than a voxel apart in space; copy the image's affine to the label when"
              + " the voxels do belong together.");
    }
    requireKnownLabels(c, label);
    // Exactly the image's grid, so that both have one shape after resampling, too.
    return new LabelledScan(c.id(), images, label.on(image.grid()));
  }

  private void requireKnownLabels(Case c, LabelVolume label) {
    for (int value : label.values()) {
      if (!labels.containsKey(value)) {
        throw new DataException(
            "case "
                + c.id()
                + ": the label "
                + c.requireLabel()
                + " holds the value "
                + value
                + " at voxel "
                + label.firstPosition(value)
                + ", but dataset.json knows only "
                + labels.keySet()
                + "; correct one of the two.");
      }
    }
  }
}
