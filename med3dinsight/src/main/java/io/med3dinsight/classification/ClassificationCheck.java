package io.med3dinsight.classification;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.DatasetCheck;
import io.med3dinsight.dataset.DatasetCheck.Report;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Volume;
import io.med3dinsight.volume.VolumeReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Looks at every image of class folders, a table or a file of MedMNIST3D for classification: can it
 * be read, is it twice there, which rows have no file, which files no row, and how many images each
 * class has. One image is in memory at a time, of MedMNIST3D a part of a split.
 */
public final class ClassificationCheck {
  /** What a folder holds that is a data set for segmentation, perhaps without its dataset.json. */
  private static final Set<String> SEGMENTATION = Set.of("imagesTr", "labelsTr", "imagesTs");

  private final SortedMap<String, List<String>> problems = new TreeMap<>();
  private final SortedMap<String, List<String>> notes = new TreeMap<>();
  private final Map<String, Seen> hashes = new HashMap<>();
  private final SortedMap<String, Long> classes = new TreeMap<>();
  private final Map<String, Long> splits = new LinkedHashMap<>();
  private final List<Double> voxels = new ArrayList<>();
  private final Map<String, Long> parts = new HashMap<>();
  private final Set<String> sizes = new HashSet<>();
  private int channels;

  /** An image that was read. */
  private record Seen(String id, String label) {}

  private ClassificationCheck() {}

  /**
   * Whether a path is a table, an .npz or a folder of class folders, rather than one of
   * dataset.json.
   */
  public static boolean isFor(Path path) {
    if (!Files.isDirectory(path)) {
      String name = path.toString().toLowerCase(Locale.ROOT);
      return (name.endsWith(".csv") || name.endsWith(".npz")) && Files.exists(path);
    }
    List<Path> entries = ImageSources.list(path);
    return entries.stream().noneMatch(p -> p.getFileName().toString().equals("dataset.json"))
        && entries.stream().noneMatch(p -> SEGMENTATION.contains(p.getFileName().toString()))
        && entries.stream().anyMatch(Files::isDirectory);
  }

  /**
   * Looks at all images; problems and notes go by the image's name in the table or folder.
   *
   * @throws DataException when the table or folder itself cannot be read, or a file of MedMNIST3D
   *     is damaged
   */
  public static Report of(Path path, Progress progress) {
    ClassificationCheck check = new ClassificationCheck();
    if (path.toString().toLowerCase(Locale.ROOT).endsWith(".npz")) {
      return check.medMnist(path, progress);
    }
    boolean folder = Files.isDirectory(path);
    List<ImageTable.Row> rows =
        folder
            ? ImageSources.folders(path, 0)
            : ImageSources.table(path, s -> add(check.problems, path.getFileName() + "", s));
    check.channels(path, rows);
    String wanted = ImageSources.wanted(path.getFileName().toString(), check.channels, false);
    try (Progress.Task task = progress.start("check", rows.size(), "images")) {
      for (ImageTable.Row row : rows) {
        task.message(row.id());
        check.count(row.label(), row.split());
        check.look(row.id(), row.label(), () -> row.read(check.channels, wanted));
        task.step();
      }
    }
    check.unused(path, rows);
    check.whole(path, rows);
    return new Report(check.problems, check.notes, check.summary(path, rows.size()));
  }

  private Report medMnist(Path path, Progress progress) {
    MedMnistImages images = new MedMnistImages(path);
    channels = images.channels();
    int count = Stream.of(Split.values()).mapToInt(s -> images.entries(s).size()).sum();
    try (Progress.Task task = progress.start("check", count, "images")) {
      for (Split split : Split.values()) {
        List<ImageSource.Entry> entries = images.entries(split);
        images.read(
            split,
            (i, image) -> {
              String label = images.classes().get(entries.get(i).label());
              count(label, split);
              look(split.label() + " " + entries.get(i).id(), label, () -> image);
              task.step();
            });
      }
    }
    requireClasses(path);
    return new Report(problems, notes, summary(path, count));
  }

  private static void add(SortedMap<String, List<String>> to, String id, String sentence) {
    to.computeIfAbsent(id, i -> new ArrayList<>()).add(sentence);
  }

  /** How many channels the images have, by the first that can be read. */
  private void channels(Path path, List<ImageTable.Row> rows) {
    for (ImageTable.Row row : rows) {
      try {
        channels = ImageSources.channels(path, row, rows.size(), 0);
        return;
      } catch (DataException e) {
        if (row.files().size() > 1) {
          add(problems, path.getFileName().toString(), e.getMessage());
          channels = row.files().size();
          return;
        }
        // What is wrong with this file is told when it is looked at.
        channels = 1;
      }
    }
  }

  private void count(String label, Split split) {
    classes.merge(label, 1L, Long::sum);
    splits.merge(split == null ? "drawn at random" : split.label(), 1L, Long::sum);
    if (split != null) {
      parts.merge(part(split, label), 1L, Long::sum);
    }
  }

  private static String part(Split split, String label) {
    return split.label() + " class " + label;
  }

  private void look(String id, String label, Supplier<List<Volume>> file) {
    List<Volume> image;
    try {
      image = file.get();
      image.forEach(Volume::requireFinite);
    } catch (DataException e) {
      add(problems, id, e.getMessage());
      return;
    }
    voxels.add((double) image.get(0).grid().size());
    sizes.add(image.get(0).grid().shapeText());
    Seen other = hashes.putIfAbsent(DatasetCheck.hash(image), new Seen(id, label));
    if (other != null) {
      boolean same = other.label().equals(label);
      add(
          problems,
          id,
          "it is the same image as "
              + other.id()
              + (same
                  ? "; leave one out, or it may train and test."
                  : ", which is of the class " + other.label() + "; keep the right one."));
    }
  }

  /** Images that no row or class folder takes in. */
  private void unused(Path path, List<ImageTable.Row> rows) {
    Set<Path> used = new HashSet<>();
    Set<Path> folders = new HashSet<>();
    for (ImageTable.Row row : rows) {
      for (Path file : row.files()) {
        Path absolute = file.toAbsolutePath().normalize();
        used.add(absolute);
        folders.add(absolute.getParent());
      }
    }
    if (Files.isDirectory(path)) {
      folders.add(path.toAbsolutePath().normalize());
      Stream.of(Split.values())
          .map(s -> path.resolve(s.label()).toAbsolutePath().normalize())
          .filter(Files::isDirectory)
          .forEach(folders::add);
    }
    for (Path folder : folders) {
      for (Path file : ImageSources.list(folder)) {
        if (Files.isRegularFile(file) && VolumeReader.isImageName(file) && !used.contains(file)) {
          add(
              notes,
              file.getFileName().toString(),
              file
                  + (Files.isDirectory(path)
                      ? " lies in no class folder; it is not used."
                      : " has no row in the table; it is not used."));
        }
      }
    }
  }

  /** What is wrong with all of them together. */
  private void whole(Path path, List<ImageTable.Row> rows) {
    String name = path.getFileName().toString();
    requireClasses(path);
    long assigned = rows.stream().filter(r -> r.split() != null).count();
    if (assigned != 0 && assigned != rows.size()) {
      add(
          problems,
          name,
          "it names the split of "
              + assigned
              + " of "
              + rows.size()
              + " images; name all or none.");
    }
  }

  private void requireClasses(Path path) {
    if (classes.size() < 2) {
      add(
          problems,
          path.getFileName().toString(),
          "it has images of " + classes.size() + " class(es); expected at least 2.");
    }
  }

  private Map<String, Object> summary(Path path, int images) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("name", path.getFileName().toString());
    out.put("images", images);
    out.put("channels", channels);
    out.put("readable", voxels.size());
    splits.forEach((split, count) -> out.put("split " + split, count));
    if (!voxels.isEmpty()) {
      List<Double> sorted = voxels.stream().sorted().toList();
      int last = sorted.size() - 1;
      out.put("voxels", List.of(sorted.get(0), sorted.get(last / 2), sorted.get(last)));
    }
    if (sizes.size() == 1) {
      out.put("size", sizes.iterator().next());
    }
    classes.forEach((label, count) -> out.put("class " + label, count));
    for (Split split : Split.values()) {
      for (String label : classes.keySet()) {
        if (splits.containsKey(split.label())) {
          out.put(part(split, label), parts.getOrDefault(part(split, label), 0L));
        }
      }
    }
    return out;
  }
}
