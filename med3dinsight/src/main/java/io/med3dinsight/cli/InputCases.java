package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The cases that {@code --input} names, each as its files: the channels in their order. */
final class InputCases {
  /** What is said of {@code --input} where a model takes several channels. */
  static final String CHANNELS =
      "A model of several channels takes a file with a frame for each, files named _0000, _0001"
          + " and so on, or this option once for each channel, in their order.";

  private InputCases() {}

  /**
   * The cases of a command line.
   *
   * @param inputs an image or a folder of them; or several images, which are channels of one case
   * @param numbered whether files CASE_0000, CASE_0001 of a folder are channels of one case
   * @throws DataException when one does not exist, a folder holds no image, or a channel is missing
   */
  static List<List<Path>> list(List<Path> inputs, boolean numbered) {
    if (inputs.size() > 1) {
      inputs.forEach(i -> requireThere(i, "an image"));
      return List.of(List.copyOf(inputs));
    }
    Path input = inputs.get(0);
    requireThere(input, "an image or a folder of them");
    if (!isFolderOfImages(input)) {
      return List.of(List.of(input));
    }
    List<Path> images = images(input);
    if (images.isEmpty()) {
      throw new DataException(
          "The input folder "
              + input
              + " holds no image; expected .nii, .nii.gz or .nrrd files, or a DICOM series.");
    }
    return numbered ? Channels.byCase(images) : images.stream().map(List::of).toList();
  }

  private static void requireThere(Path input, String expected) {
    if (!Files.exists(input)) {
      throw new DataException("The input " + input + " does not exist; expected " + expected + ".");
    }
  }

  /** Whether a path holds images of their own, rather than being one: a file or a DICOM series. */
  static boolean isFolderOfImages(Path input) {
    return Files.isDirectory(input)
        && !(images(input).isEmpty() && VolumeReader.isDicomFolder(input));
  }

  /**
   * A case's files for a model: an image named _0000 is joined by its other channels' files.
   *
   * @param count channels that the model takes
   * @param wanted what it wants, as the end of a sentence
   * @throws DataException when the case has more files than the model takes channels
   */
  static List<Path> forModel(List<Path> files, int count, String wanted) {
    if (files.size() > count) {
      String names = String.join(", ", files.stream().map(Path::toString).toList());
      throw new DataException(
          names + " are " + files.size() + " channels of one case, but " + wanted);
    }
    return files.size() == 1 ? Channels.withSiblings(files.get(0), count) : files;
  }

  private static List<Path> images(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(VolumeReader::isImageName)
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    }
  }
}
