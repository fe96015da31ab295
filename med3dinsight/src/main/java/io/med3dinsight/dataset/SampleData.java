package io.med3dinsight.dataset;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * The built-in sample: 24 hippocampus MRI crops with labels, from the Medical Segmentation
 * Decathlon (CC-BY-SA 4.0; the notice comes with the files), 18 of them for training and 6 for
 * testing.
 */
public final class SampleData {
  private static final String ROOT = "/io/med3dinsight/sample/hippocampus/";
  private static final List<String> TEXTS =
      List.of("dataset.json", "splits.json", "ATTRIBUTION.md");

  private SampleData() {}

  /**
   * Unpacks the sample as an MSD folder, completely or not at all. A folder that already holds it
   * is left as it is.
   *
   * @param folder to be created; its parents too
   * @throws DataException when something else is there, or it cannot be written
   */
  public static MsdDataset extract(Path folder) {
    Path target = folder.toAbsolutePath().normalize();
    try {
      if (!Files.exists(target.resolve("dataset.json"))) {
        requireFree(target);
        Files.createDirectories(target.getParent());
        // At random, so that what a killed process left behind is not in the way.
        String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
        String name = "." + target.getFileName() + "." + random + ".tmp";
        Path temporary = Files.createDirectory(target.resolveSibling(name));
        try {
          unpack(temporary);
          Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
          delete(temporary);
        }
      }
    } catch (IOException e) {
      throw new DataException(
          "the sample data cannot be unpacked to " + folder + ": " + DataException.reason(e) + ".",
          e);
    }
    return MsdDataset.read(folder);
  }

  private static void requireFree(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (Files.isDirectory(target)) {
      try (Stream<Path> entries = Files.list(target)) {
        if (entries.findAny().isEmpty()) {
          return;
        }
      }
    }
    throw new DataException(
        target + " is in use by something else; choose another place for the sample data.");
  }

  private static void unpack(Path to) throws IOException {
    for (String text : TEXTS) {
      copy(text, to);
    }
    Split split = Split.read(to.resolve("splits.json"));
    List<String> ids = new ArrayList<>(split.train());
    ids.addAll(split.test());
    for (String part : List.of("imagesTr", "labelsTr")) {
      Files.createDirectory(to.resolve(part));
      for (String id : ids) {
        copy(part + "/" + id + ".nii.gz", to);
      }
    }
  }

  private static void copy(String name, Path to) throws IOException {
    try (InputStream in = SampleData.class.getResourceAsStream(ROOT + name)) {
      if (in == null) {
        throw new IOException(name + " is missing from the program's jar");
      }
      Files.copy(in, to.resolve(name));
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path p : all) {
      Files.delete(p);
    }
  }
}
