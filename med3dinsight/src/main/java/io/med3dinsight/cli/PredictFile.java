package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An image and where its label map goes.
 *
 * @param images of any format that can be read, a file or the folder of a DICOM series each: the
 *     channels in their order, or one with all of them
 * @param labels .nii or .nii.gz
 */
record PredictFile(List<Path> images, Path labels) {
  private static final String ENDING = ".*\\.nii(\\.gz)?";

  /** The only file, or that of the first channel. */
  Path image() {
    return images.get(0);
  }

  /**
   * The same for a model: an image named _0000 is joined by its other channels' files where the
   * model takes several.
   *
   * @throws DataException when an image has more channels than the model takes
   */
  static List<PredictFile> forModel(List<PredictFile> files, SegmentationPlan plan) {
    return files.stream()
        .map(
            f ->
                new PredictFile(
                    InputCases.forModel(f.images, plan.channels(), plan.wantedChannels()),
                    f.labels))
        .toList();
  }

  /** The image's file name. */
  String name() {
    return image().getFileName().toString();
  }

  /** Where the probabilities of a class go: beside the label map, with "_prob" and the class. */
  Path probability(int label) {
    String name = labels.getFileName().toString();
    int ending = name.endsWith(".nii.gz") ? 7 : 4;
    int stem = name.length() - ending;
    return labels.resolveSibling(name.substring(0, stem) + "_prob" + label + name.substring(stem));
  }

  /**
   * Makes sure that maps of probabilities replace nothing.
   *
   * @param classes how many maps each image gets
   * @param force whether files that are there may be replaced; images and label maps never are
   * @throws UsageException otherwise
   */
  static void requireFreeProbabilities(List<PredictFile> files, int classes, boolean force) {
    Set<Path> taken = new HashSet<>();
    for (PredictFile file : files) {
      file.images().forEach(i -> taken.add(real(i)));
      taken.add(file.labels());
    }
    for (PredictFile file : files) {
      for (int c = 0; c < classes; c++) {
        Path map = file.probability(c);
        boolean there = Files.exists(map);
        if (taken.contains(there ? real(map) : map) || taken.contains(map)) {
          throw new UsageException(
              "The probabilities "
                  + map
                  + " would replace another image or label map: choose another --output.");
        }
        if (there && !force) {
          throw new UsageException(
              map + " is there already: choose another --output, or add --force to replace it.");
        }
      }
    }
  }

  /**
   * What a command line asks for.
   *
   * @param inputs an image or a folder of them; or several images, which are channels of one
   * @param output a folder; for a single image also the label map's own name
   * @param force whether files that are there may be replaced; images never are
   * @throws DataException when there is no image
   * @throws UsageException when a label map would replace something, or two would have one name
   */
  static List<PredictFile> list(List<Path> inputs, Path output, boolean force) {
    List<List<Path>> cases = InputCases.list(inputs, true);
    boolean folder = inputs.size() == 1 && InputCases.isFolderOfImages(inputs.get(0));
    if (folder) {
      requireFolder(output);
    }
    List<PredictFile> files = new ArrayList<>();
    for (List<Path> images : cases) {
      Path first = images.get(0);
      files.add(
          new PredictFile(
              images, folder ? output.resolve(labelName(first)) : labelMap(first, output)));
    }
    requireDistinct(files);
    requireFree(files, force);
    return files;
  }

  /** Makes the label map's folder, so that one that cannot be made fails before the work. */
  void makeFolder() {
    Path folder = labels.toAbsolutePath().getParent();
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new DataException(
          "The output folder " + folder + " cannot be made: " + e.getMessage() + ".", e);
    }
    if (!Files.isWritable(folder)) {
      throw new DataException(
          "The output folder " + folder + " may not be written to: choose another --output.");
    }
  }

  private static void requireFolder(Path output) {
    boolean there = Files.exists(output);
    if (there ? !Files.isDirectory(output) : output.toString().matches(ENDING)) {
      throw new UsageException(
          "--output " + output + " is a file's name, but --input is a folder: name a folder.");
    }
  }

  private static Path labelMap(Path image, Path output) {
    if (Files.isDirectory(output)) {
      return output.resolve(labelName(image));
    }
    if (!output.toString().matches(ENDING)) {
      throw new UsageException(
          "--output "
              + output
              + " is neither a folder that is there nor a name that ends in .nii or .nii.gz.");
    }
    return output;
  }

  /** The image's name; nnU-Net's number of the channel belongs to images alone. */
  private static String labelName(Path image) {
    Path named = image.toAbsolutePath().normalize();
    String stem = VolumeReader.stem(named).replaceFirst("_0000$", "");
    return stem + (named.toString().endsWith(".nii") ? ".nii" : ".nii.gz");
  }

  private static void requireDistinct(List<PredictFile> files) {
    Map<Path, PredictFile> seen = new HashMap<>();
    for (PredictFile file : files) {
      PredictFile other = seen.put(file.labels(), file);
      if (other != null) {
        throw new UsageException(
            "The images "
                + other.name()
                + " and "
                + file.name()
                + " would both become "
                + file.labels()
                + ": rename one or predict them one by one.");
      }
    }
  }

  private static void requireFree(List<PredictFile> files, boolean force) {
    Set<Path> images = new HashSet<>();
    for (PredictFile file : files) {
      file.images().forEach(i -> images.add(real(i)));
    }
    for (PredictFile file : files) {
      if (!Files.exists(file.labels())) {
        continue;
      }
      if (images.contains(real(file.labels()))) {
        throw new UsageException(
            "The label map " + file.labels() + " would replace an image: choose another --output.");
      }
      if (Files.isDirectory(file.labels())) {
        throw new UsageException(
            "The label map " + file.labels() + " would replace a folder: choose another --output.");
      }
      if (!force) {
        throw new UsageException(
            file.labels()
                + " is there already: choose another --output, or add --force to replace it.");
      }
    }
  }

  /** The file itself, whatever links lead to it. */
  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new DataException(path + " cannot be read: " + e.getMessage() + ".", e);
    }
  }
}
