package io.med3dinsight.classification;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.med3dinsight.DataException;
import io.med3dinsight.dataset.MedMnist.Split;
import io.med3dinsight.volume.Channels;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Data sets for classification: MedMNIST3D's .npz; a .csv with columns {@code file} (relative to
 * the table) and {@code label}, and optionally {@code split} (train, val, test); a folder of class
 * folders, or of folders train, val and test of class folders.
 *
 * <p>An image of several channels is a file with a frame for each; in a table also columns {@code
 * file_0}, {@code file_1} and so on instead of {@code file}, in folders also files CASE_0000,
 * CASE_0001 and so on.
 */
public final class ImageSources {
  private ImageSources() {}

  /**
   * Opens a data set.
   *
   * @param channels that the images have; 0 for as many as the first one has
   * @param validationShare share of each class for validation where the data has no split
   * @param testShare share of each class held out where the data has no split
   * @throws DataException when there is none
   */
  public static ImageSource open(
      Path path, int channels, double validationShare, double testShare, long seed) {
    String expected = "expected an .npz of MedMNIST3D, a .csv or a folder of classes.";
    if (!Files.exists(path)) {
      throw new DataException(path + " does not exist; " + expected);
    }
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".npz")) {
      return new MedMnistImages(path);
    }
    if (!Files.isDirectory(path) && !name.endsWith(".csv")) {
      throw new DataException(path + " is no data set; " + expected);
    }
    String stem = path.getFileName().toString().replaceFirst("(?i)\\.csv$", "");
    List<ImageTable.Row> rows =
        Files.isDirectory(path) ? folders(path, channels) : table(path, ImageSources::refuse);
    int count = rows.isEmpty() ? 1 : channels(path, rows.get(0), rows.size(), channels);
    String wanted = wanted(stem, count, channels > 0);
    return ImageTable.of(stem, rows, count, wanted, validationShare, testShare, seed);
  }

  /**
   * What an image must have, as the end of a sentence about one that has something else.
   *
   * @param named whether the user named the channels
   */
  static String wanted(String data, int channels, boolean named) {
    return (named ? "the setting channels names " : data + " has images of ")
        + channels
        + (named ? "" : channels == 1 ? " channel" : " channels")
        + "; give this image as many, or leave it out.";
  }

  /**
   * How many channels the images have.
   *
   * @param row the image to look at
   * @param images how many there are
   * @param given 0 to look at the image
   * @throws DataException when the file is damaged, or it would be more channels than there are
   *     images, so that numbered images or a series in time seem to be meant
   */
  static int channels(Path data, ImageTable.Row row, int images, int given) {
    if (given > 0) {
      return given;
    }
    List<Path> files = row.files();
    boolean numbered = files.size() > 1;
    long count =
        numbered ? files.size() : VolumeReader.info(files.get(0), ReadOptions.none()).frames();
    if (count > 1 && count > images) {
      throw new DataException(
          files.get(0)
              + (numbered ? " and the files numbered like it are " : " has ")
              + count
              + (numbered ? " channels of one image" : " frames, which are channels")
              + ", but "
              + data
              + " has only "
              + images
              + (numbered ? " such; " : images == 1 ? " image; " : " images; ")
              + (numbered
                  ? "for images of their own give `classify train` the setting channels=[NAME]."
                  : "if so, name them by the setting channels=[NAME, ...] of `classify train`."));
    }
    return (int) count;
  }

  // ---- tables

  private static void refuse(String sentence) {
    throw new DataException(sentence);
  }

  /**
   * The usable rows of a table.
   *
   * @param problem told about each of the others
   */
  static List<ImageTable.Row> table(Path csv, Consumer<String> problem) {
    List<ImageTable.Row> rows = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    int number = 1;
    try (MappingIterator<Map<String, String>> lines =
        new CsvMapper()
            .readerForMapOf(String.class)
            .with(CsvSchema.emptySchema().withHeader())
            .readValues(Files.readString(csv))) {
      while (lines.hasNext()) {
        number++;
        ImageTable.Row row;
        try {
          row = row(csv, lines.next(), number);
        } catch (DataException e) {
          problem.accept(e.getMessage());
          continue;
        }
        if (ids.add(row.id())) {
          rows.add(row);
        } else {
          problem.accept(csv + " names " + row.id() + " twice; expected each image once.");
        }
      }
    } catch (JacksonException e) {
      throw new DataException(
          csv + " is no table: " + e.getOriginalMessage().lines().findFirst().orElse("") + ".", e);
    } catch (IOException e) {
      throw DataException.of(csv, "read", e);
    }
    return rows;
  }

  private static ImageTable.Row row(Path csv, Map<String, String> line, int number) {
    List<String> files = files(line);
    String label = line.get("label");
    if (files.isEmpty() || label == null || label.isBlank()) {
      throw new DataException(
          csv
              + ", line "
              + number
              + ", has "
              + line
              + "; expected columns file (or file_0, file_1 ... for channels) and label, and"
              + " optionally split, named in the first line.");
    }
    List<Path> images = new ArrayList<>();
    for (String file : files) {
      Path image = csv.toAbsolutePath().resolveSibling(file);
      if (!Files.exists(image)) {
        throw new DataException(
            csv + ", line " + number + ", names " + image + ", which does not exist.");
      }
      images.add(image);
    }
    String split = line.get("split");
    boolean none = split == null || split.isBlank();
    return new ImageTable.Row(
        images,
        files.get(0),
        label.strip(),
        none ? null : split(split.strip(), csv + ", line " + number));
  }

  /** The files of a line; none where one is not named. */
  private static List<String> files(Map<String, String> line) {
    List<String> files = new ArrayList<>();
    for (int c = 0; line.containsKey("file_" + c); c++) {
      files.add(line.get("file_" + c));
    }
    if (files.isEmpty()) {
      files.add(line.get("file"));
    }
    boolean named = files.stream().noneMatch(f -> f == null || f.isBlank());
    return named ? files.stream().map(String::strip).toList() : List.of();
  }

  private static Split split(String text, String where) {
    for (Split s : Split.values()) {
      if (s.label().equalsIgnoreCase(text)) {
        return s;
      }
    }
    throw new DataException(where + ", has the split '" + text + "'; expected train, val or test.");
  }

  // ---- folders

  /**
   * @param channels that the images have, 0 where that is not known; of one, no files are joined
   */
  static List<ImageTable.Row> folders(Path root, int channels) {
    List<ImageTable.Row> rows = new ArrayList<>();
    boolean split = false;
    for (Split s : Split.values()) {
      Path part = root.resolve(s.label());
      if (Files.isDirectory(part)) {
        split = true;
        classes(root, part, s, channels, rows);
      }
    }
    if (!split) {
      classes(root, root, null, channels, rows);
    }
    return rows;
  }

  private static void classes(
      Path root, Path folder, Split split, int channels, List<ImageTable.Row> rows) {
    for (Path label : list(folder)) {
      if (Files.isDirectory(label) && !label.getFileName().toString().startsWith(".")) {
        List<Path> images =
            list(label).stream()
                .filter(i -> VolumeReader.isImageName(i) || VolumeReader.isDicomFolder(i))
                .toList();
        List<List<Path>> cases =
            channels == 1 ? images.stream().map(List::of).toList() : Channels.byCase(images);
        for (List<Path> files : cases) {
          String id = root.relativize(files.get(0)).toString();
          rows.add(new ImageTable.Row(files, id, label.getFileName().toString(), split));
        }
      }
    }
  }

  static List<Path> list(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    }
  }
}
