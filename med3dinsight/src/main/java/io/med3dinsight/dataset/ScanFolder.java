package io.med3dinsight.dataset;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.med3dinsight.DataException;
import io.med3dinsight.dicom.DicomReader;
import io.med3dinsight.dicom.Series;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds the images of a place, labelled or not: one file; a folder of images, with folders below it
 * that hold images or DICOM series; imagesTr and imagesTs of a folder in the layout of the Medical
 * Segmentation Decathlon or of nnU-Net; or a .csv with columns {@code file} (relative to the table)
 * and, where wanted, {@code modality} and {@code series}.
 */
public final class ScanFolder {
  private static final int MAX_DEPTH = 6;
  private static final Pattern CHANNEL = Pattern.compile("(.*)_(\\d{4})");
  private static final String EXPECTED =
      "expected an image, a folder of images or DICOM series, or a .csv with a column \"file\"";

  private final Path root;
  private final List<Scan> scans = new ArrayList<>();

  private ScanFolder(Path root) {
    this.root = root;
  }

  /**
   * The images in a fixed order. Each channel of a case is an image of its own; the first has the
   * case's name, the others nnU-Net's number behind it.
   *
   * @throws DataException when there is none, two would have one name, or a table names a file that
   *     is missing
   */
  public static List<Scan> list(Path place) {
    if (!Files.exists(place)) {
      throw new DataException(place + " does not exist; " + EXPECTED + ".");
    }
    ScanFolder folder = new ScanFolder(place);
    if (!Files.isDirectory(place)) {
      folder.file();
    } else if (Files.isDirectory(place.resolve("imagesTr"))) {
      folder.layout();
    } else if (Files.exists(place.resolve("dataset.json"))) {
      folder.listed(MsdDataset.read(place));
    } else {
      folder.tree(place, 0);
    }
    if (folder.scans.isEmpty()) {
      throw new DataException(place + " holds no image; " + EXPECTED + ".");
    }
    return folder.distinct();
  }

  private void add(String id, Path image, ReadOptions options, String modality) {
    scans.add(new Scan(id, image, options, modality));
  }

  private List<Scan> distinct() {
    Map<String, Scan> seen = new HashMap<>();
    for (Scan s : scans) {
      Scan other = seen.put(s.id(), s);
      if (other != null) {
        throw new DataException(
            other.image() + " and " + s.image() + " would both be " + s.id() + "; rename one.");
      }
    }
    return List.copyOf(scans);
  }

  // ---- one file, or a table of them

  private void file() {
    if (root.toString().toLowerCase(Locale.ROOT).endsWith(".csv")) {
      table();
    } else {
      add(plainId(root), root, ReadOptions.none(), Scan.UNKNOWN);
    }
  }

  private static String plainId(Path image) {
    String name = VolumeReader.stem(image.toAbsolutePath().normalize());
    return name.replaceFirst("_0000$", "");
  }

  private void table() {
    try (MappingIterator<Map<String, String>> lines =
        new CsvMapper()
            .readerForMapOf(String.class)
            .with(CsvSchema.emptySchema().withHeader())
            .readValues(Files.readString(root))) {
      for (int number = 2; lines.hasNext(); number++) {
        row(lines.next(), number);
      }
    } catch (JacksonException e) {
      throw new DataException(
          root + " is no table: " + e.getOriginalMessage().lines().findFirst().orElse("") + ".", e);
    } catch (IOException e) {
      throw DataException.of(root, "read", e);
    }
  }

  private void row(Map<String, String> line, int number) {
    String file = cell(line, "file");
    if (file == null) {
      throw new DataException(
          root
              + ", line "
              + number
              + ", has "
              + line
              + "; expected a column file, and optionally modality and series, named in the first"
              + " line.");
    }
    Path image = root.toAbsolutePath().resolveSibling(file).normalize();
    if (!Files.exists(image)) {
      throw new DataException(
          root + ", line " + number + ", names " + image + ", which does not exist.");
    }
    String series = cell(line, "series");
    String modality = cell(line, "modality");
    add(
        joined(Path.of(file).normalize()) + (series == null ? "" : "_" + series),
        image,
        series == null ? ReadOptions.none() : ReadOptions.ofSeries(series),
        modality == null ? Scan.UNKNOWN : modality);
  }

  private static String cell(Map<String, String> line, String column) {
    String text = line.get(column);
    return text == null || text.isBlank() ? null : text.strip();
  }

  // ---- a folder of images and folders

  private void tree(Path folder, int depth) {
    List<Path> entries = entries(folder);
    List<Path> images = images(entries);
    for (Path image : images) {
      add(joined(root.relativize(image)), image, ReadOptions.none(), Scan.UNKNOWN);
    }
    List<Path> folders = entries.stream().filter(Files::isDirectory).toList();
    if (depth < MAX_DEPTH) {
      folders.forEach(f -> tree(f, depth + 1));
    }
    if (images.isEmpty() && folders.isEmpty() && VolumeReader.isDicomFolder(folder)) {
      series(folder);
    }
  }

  private void series(Path folder) {
    List<Series> all = DicomReader.series(folder);
    String name =
        folder.equals(root)
            ? root.toAbsolutePath().normalize().getFileName().toString()
            : joined(root.relativize(folder));
    for (Series s : all) {
      String id = all.size() == 1 ? name : name + "_" + s.number();
      add(id, folder, ReadOptions.ofSeries(s.uid()), modality(s));
    }
  }

  private static String modality(Series s) {
    return switch (s.modality()) {
      case "" -> Scan.UNKNOWN;
      case "MR" -> "MRI";
      case "PT" -> "PET";
      default -> s.modality();
    };
  }

  /** A path below the root as one name, without the ending of an image and nnU-Net's _0000. */
  private static String joined(Path relative) {
    List<String> parts = new ArrayList<>();
    Path folder = relative.getParent();
    if (folder != null) {
      folder.forEach(p -> parts.add(p.toString()));
    }
    parts.add(VolumeReader.stem(relative).replaceFirst("_0000$", ""));
    return String.join("_", parts);
  }

  private static List<Path> entries(Path folder) {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(p -> !p.getFileName().toString().startsWith(".")).sorted().toList();
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    }
  }

  private static List<Path> images(List<Path> entries) {
    return entries.stream().filter(VolumeReader::isImageName).filter(Files::isRegularFile).toList();
  }

  // ---- the layouts of data sets

  /** What lies in imagesTr and imagesTs; labels are not asked for. */
  private void layout() {
    DatasetJson.Images said = DatasetJson.imagesOf(root);
    boolean numbered = said.channels().size() > 1 || !said.lists();
    for (String sub : List.of("imagesTr", "imagesTs")) {
      Path folder = root.resolve(sub);
      if (!Files.isDirectory(folder)) {
        continue;
      }
      for (Path image : images(entries(folder))) {
        String stem = VolumeReader.stem(image);
        Matcher m = CHANNEL.matcher(stem);
        int channel = numbered && m.matches() ? Integer.parseInt(m.group(2)) : -1;
        if (channel < 0 || channel >= said.channels().size()) {
          channels(stem, image, said.channels());
        } else {
          add(
              channel == 0 ? m.group(1) : stem,
              image,
              ReadOptions.none(),
              said.channels().get(channel));
        }
      }
    }
  }

  /** A file that holds one channel or, as in the Decathlon's brain tumours, all of them. */
  private void channels(String id, Path image, List<String> channels) {
    boolean framed =
        channels.size() > 1
            && VolumeReader.info(image, ReadOptions.none()).frames() == channels.size();
    if (!framed) {
      add(id, image, ReadOptions.none(), channels.get(0));
      return;
    }
    for (int c = 0; c < channels.size(); c++) {
      String name = c == 0 ? id : String.format(Locale.ROOT, "%s_%04d", id, c);
      add(name, image, ReadOptions.ofFrame(c), channels.get(c));
    }
  }

  private void listed(MsdDataset dataset) {
    List<Case> all = new ArrayList<>(dataset.training());
    all.addAll(dataset.test());
    for (Case c : all) {
      if (c.channels().size() == 1) {
        channels(c.id(), c.image(), dataset.channels());
        continue;
      }
      for (int i = 0; i < c.channels().size(); i++) {
        String name = i == 0 ? c.id() : String.format(Locale.ROOT, "%s_%04d", c.id(), i);
        add(name, c.channels().get(i), ReadOptions.none(), dataset.channels().get(i));
      }
    }
  }
}
