package io.med3dinsight.classification;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.med3dinsight.DataException;
import io.med3dinsight.dataset.MedMnist.Split;
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
 */
public final class ImageSources {
  private ImageSources() {}

  /**
   * Opens a data set.
   *
   * @param validationShare share of each class for validation where the data has no split
   * @param testShare share of each class held out where the data has no split
   * @throws DataException when there is none
   */
  public static ImageSource open(Path path, double validationShare, double testShare, long seed) {
    if (!Files.exists(path)) {
      throw new DataException(
          path + " does not exist; expected an .npz of MedMNIST3D, a .csv or a folder of classes.");
    }
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".npz")) {
      return new MedMnistImages(path);
    }
    if (Files.isDirectory(path)) {
      List<ImageTable.Row> rows = folders(path);
      return ImageTable.of(path.getFileName().toString(), rows, validationShare, testShare, seed);
    }
    if (!name.endsWith(".csv")) {
      throw new DataException(
          path + " is no data set; expected an .npz of MedMNIST3D, a .csv or a folder of classes.");
    }
    String stem = path.getFileName().toString().replaceFirst("(?i)\\.csv$", "");
    return ImageTable.of(stem, table(path, ImageSources::refuse), validationShare, testShare, seed);
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
    String file = line.get("file");
    String label = line.get("label");
    if (file == null || file.isBlank() || label == null || label.isBlank()) {
      throw new DataException(
          csv
              + ", line "
              + number
              + ", has "
              + line
              + "; expected columns file and label, and optionally split, named in the first line.");
    }
    Path image = csv.toAbsolutePath().resolveSibling(file.strip());
    if (!Files.exists(image)) {
      throw new DataException(
          csv + ", line " + number + ", names " + image + ", which does not exist.");
    }
    String split = line.get("split");
    boolean none = split == null || split.isBlank();
    return new ImageTable.Row(
        image,
        file.strip(),
        label.strip(),
        none ? null : split(split.strip(), csv + ", line " + number));
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

  static List<ImageTable.Row> folders(Path root) {
    List<ImageTable.Row> rows = new ArrayList<>();
    boolean split = false;
    for (Split s : Split.values()) {
      Path part = root.resolve(s.label());
      if (Files.isDirectory(part)) {
        split = true;
        classes(root, part, s, rows);
      }
    }
    if (!split) {
      classes(root, root, null, rows);
    }
    return rows;
  }

  private static void classes(Path root, Path folder, Split split, List<ImageTable.Row> rows) {
    for (Path label : list(folder)) {
      if (Files.isDirectory(label) && !label.getFileName().toString().startsWith(".")) {
        for (Path image : list(label)) {
          if (VolumeReader.isImageName(image) || VolumeReader.isDicomFolder(image)) {
            String id = root.relativize(image).toString();
            rows.add(new ImageTable.Row(image, id, label.getFileName().toString(), split));
          }
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
