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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

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
    List<PredictFile> out = new ArrayList<>();
    for (PredictFile file : files) {
      if (file.images.size() > plan.channels()) {
        String names = String.join(", ", file.images.stream().map(Path::toString).toList());
        throw new DataException(
            names
                + " are "
                + file.images.size()
                + " channels of one case, but "
                + plan.wantedChannels());
      }
      out.add(file.images.size() == 1 ? file.withSiblings(plan.channels()) : file);
    }
    return out;
  }

  private PredictFile withSiblings(int channels) {
    String name = name();
    String stem = VolumeReader.stem(image());
    if (channels == 1 || !stem.endsWith("_0000")) {
      return this;
    }
    List<Path> all = new ArrayList<>();
    for (int c = 0; c < channels; c++) {
      String channel = stem.substring(0, stem.length() - 4) + String.format("%04d", c);
      all.add(image().resolveSibling(channel + name.substring(stem.length())));
    }
    return all.stream().allMatch(Files::exists) ? new PredictFile(all, labels) : this;
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
    List<PredictFile> files =
        inputs.size() > 1 ? channels(inputs, output) : list(inputs.get(0), output);
    requireDistinct(files);
    requireFree(files, force);
    return files;
  }

  private static List<PredictFile> channels(List<Path> inputs, Path output) {
    for (Path input : inputs) {
      if (!Files.exists(input)) {
        throw new DataException("The input " + input + " does not exist; expected an image.");
      }
    }
    return List.of(new PredictFile(List.copyOf(inputs), labelMap(inputs.get(0), output)));
  }

  private static List<PredictFile> list(Path input, Path output) {
    List<PredictFile> files = new ArrayList<>();
    if (Files.isDirectory(input) && images(input).isEmpty() && VolumeReader.isDicomFolder(input)) {
      files.add(new PredictFile(List.of(input), labelMap(input, output)));
    } else if (Files.isDirectory(input)) {
      requireImages(input);
      requireFolder(output);
      for (List<Path> channels : byCase(images(input))) {
        files.add(new PredictFile(channels, output.resolve(labelName(channels.get(0)))));
      }
    } else if (Files.exists(input)) {
      files.add(new PredictFile(List.of(input), labelMap(input, output)));
    } else {
      throw new DataException(
          "The input " + input + " does not exist; expected an image or a folder of them.");
    }
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

  private static List<Path> images(Path folder) {
    List<Path> images;
    try (Stream<Path> entries = Files.list(folder)) {
      images =
          entries.filter(VolumeReader::isImageName).filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new DataException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
    return images;
  }

  private static void requireImages(Path folder) {
    List<Path> images = images(folder);
    if (images.isEmpty()) {
      throw new DataException(
          "The input folder "
              + folder
              + " holds no image; expected .nii, .nii.gz or .nrrd files, or a DICOM series.");
    }
  }

  /**
   * Joins the files of one case: nnU-Net numbers its channels from _0000 on. A number without a
   * first channel beside it is part of a name.
   */
  private static List<List<Path>> byCase(List<Path> images) {
    Map<Path, List<Path>> cases = new LinkedHashMap<>();
    for (Path image : images) {
      String stem = VolumeReader.stem(image);
      String ending = image.getFileName().toString().substring(stem.length());
      Path first = image.resolveSibling(stem.replaceFirst("_\\d{4}$", "_0000") + ending);
      if (!images.contains(first)) {
        first = image;
      }
      List<Path> channels = cases.computeIfAbsent(first, f -> new ArrayList<>());
      if (!first.equals(image) && !stem.endsWith(String.format("_%04d", channels.size()))) {
        throw new DataException(
            image
                + " is a channel of a case whose channel "
                + channels.size()
                + " is missing beside "
                + first.getFileName()
                + "; add it.");
      }
      channels.add(image);
    }
    return List.copyOf(cases.values());
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
