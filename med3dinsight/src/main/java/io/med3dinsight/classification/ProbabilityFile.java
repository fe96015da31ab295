package io.med3dinsight.classification;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import io.med3dinsight.DataException;
import io.med3dinsight.dataset.MedMnist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads files of probabilities back, to score them. */
public final class ProbabilityFile {
  private static final String PREFIX = "p_";

  private ProbabilityFile() {}

  /**
   * A file with a column {@code label} and columns {@code p_CLASS}.
   *
   * @throws DataException when it has no such columns, or a line cannot be used
   */
  public static ClassificationResults read(Path csv) {
    List<String[]> rows = rows(csv);
    List<String> header = rows.isEmpty() ? List.of() : List.of(rows.get(0));
    List<String> classes =
        header.stream()
            .filter(h -> h.startsWith(PREFIX))
            .map(h -> h.substring(PREFIX.length()))
            .toList();
    int label = header.indexOf("label");
    if (label < 0 || classes.size() < 2 || rows.size() < 2) {
      throw new DataException(
          csv
              + " has the columns "
              + header
              + " and "
              + Math.max(0, rows.size() - 1)
              + " lines; expected label, at least two p_CLASS, and a line per image.");
    }
    int[] labels = new int[rows.size() - 1];
    double[][] p = new double[labels.length][classes.size()];
    for (int i = 0; i < labels.length; i++) {
      String[] row = whole(csv, rows.get(i + 1), header.size(), i + 2);
      labels[i] = classes.indexOf(row[label]);
      if (labels[i] < 0) {
        throw new DataException(
            csv
                + ", line "
                + (i + 2)
                + ", has the label '"
                + row[label]
                + "'; expected one of "
                + classes
                + ".");
      }
      for (int c = 0; c < classes.size(); c++) {
        p[i][c] = number(csv, row[header.indexOf(PREFIX + classes.get(c))], i + 2);
      }
    }
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      ids.add(header.contains("id") ? rows.get(i + 1)[header.indexOf("id")] : Integer.toString(i));
    }
    return new ClassificationResults(classes, ids, labels, p);
  }

  /**
   * MedMNIST's result file with the classes of the data set.
   *
   * @throws DataException when the name says no split, or the lines do not fit the split's images
   */
  public static ClassificationResults read(Path csv, Path data) {
    MedMnist truth = MedMnist.read(data);
    MedMnist.Split split = null;
    for (MedMnist.Split s : MedMnist.Split.values()) {
      split = csv.getFileName().toString().contains("_" + s.label() + "_[AUC]") ? s : split;
    }
    if (split == null) {
      throw new DataException(
          csv + " is not named like MedMNIST's results; expected DATASET_SPLIT_[AUC]..csv.");
    }
    List<String[]> rows = rows(csv);
    int[] labels = truth.labelsOf(split);
    if (rows.size() != labels.length) {
      throw new DataException(
          csv
              + " has "
              + rows.size()
              + " lines; expected one for each of the "
              + labels.length
              + " images of "
              + split.label()
              + ".");
    }
    double[][] p = new double[labels.length][truth.classes()];
    for (int i = 0; i < labels.length; i++) {
      String[] row = whole(csv, rows.get(i), truth.classes() + 1, i + 1);
      for (int c = 0; c < p[i].length; c++) {
        p[i][c] = number(csv, row[c + 1], i + 1);
      }
    }
    MedMnistImages images = new MedMnistImages(data);
    List<String> ids = images.entries(split).stream().map(ImageSource.Entry::id).toList();
    return new ClassificationResults(images.classes(), ids, labels, p);
  }

  private static List<String[]> rows(Path csv) {
    List<String[]> rows = new ArrayList<>();
    try (MappingIterator<String[]> lines =
        new CsvMapper()
            .readerFor(String[].class)
            .with(CsvParser.Feature.WRAP_AS_ARRAY)
            .with(CsvParser.Feature.SKIP_EMPTY_LINES)
            .readValues(Files.readString(csv))) {
      lines.forEachRemaining(rows::add);
    } catch (JacksonException e) {
      throw new DataException(csv + " is no table: " + e.getOriginalMessage() + ".", e);
    } catch (IOException e) {
      throw DataException.of(csv, "read", e);
    }
    return rows;
  }

  private static String[] whole(Path csv, String[] row, int columns, int line) {
    if (row.length != columns) {
      throw new DataException(
          csv + ", line " + line + ", has " + row.length + " values; expected " + columns + ".");
    }
    return row;
  }

  private static double number(Path csv, String text, int line) {
    double value;
    try {
      value = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      value = Double.NaN;
    }
    if (!(value >= 0 && value <= 1)) {
      throw new DataException(
          csv + ", line " + line + ", has '" + text + "'; expected a probability from 0 to 1.");
    }
    return value;
  }
}
