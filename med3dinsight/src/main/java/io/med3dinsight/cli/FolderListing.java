package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.dicom.DicomReader;
import io.med3dinsight.dicom.Series;
import io.med3dinsight.volume.ImageInfo;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.VolumeReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What lies in a folder of images: a line for each, from its header alone. */
final class FolderListing {
  private static final int MAX_DEPTH = 6;

  private final Path root;
  private final List<Map<String, Object>> images = new ArrayList<>();
  private int read;

  private FolderListing(Path root) {
    this.root = root;
  }

  /** Whether a folder holds images that are no slices of a DICOM series. */
  static boolean applies(Path folder) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (Stream<Path> all = Files.walk(folder, MAX_DEPTH)) {
      return all.anyMatch(p -> VolumeReader.isImageName(p) && Files.isRegularFile(p));
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    } catch (UncheckedIOException e) {
      // What is found out only on the way, such as a folder that must not be looked into.
      throw DataException.of(folder, "read", e.getCause());
    }
  }

  static FolderListing of(Path folder) {
    FolderListing listing = new FolderListing(folder);
    listing.visit(folder, 0);
    return listing;
  }

  private void visit(Path folder, int depth) {
    List<Path> entries;
    try (Stream<Path> all = Files.list(folder)) {
      entries = all.filter(p -> !p.getFileName().toString().startsWith(".")).sorted().toList();
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    }
    List<Path> files =
        entries.stream().filter(VolumeReader::isImageName).filter(Files::isRegularFile).toList();
    files.forEach(f -> add(f, ReadOptions.none(), root.relativize(f).toString()));
    List<Path> folders = entries.stream().filter(Files::isDirectory).toList();
    if (depth < MAX_DEPTH) {
      folders.forEach(f -> visit(f, depth + 1));
    }
    if (files.isEmpty() && folders.isEmpty()) {
      series(folder);
    }
  }

  private void series(Path folder) {
    String name = root.relativize(folder).toString();
    try {
      if (!VolumeReader.isDicomFolder(folder)) {
        return;
      }
      for (Series s : DicomReader.series(folder)) {
        add(folder, ReadOptions.ofSeries(s.uid()), name + ", " + s.text());
      }
    } catch (DataException e) {
      unreadable(name, e);
    }
  }

  private void add(Path image, ReadOptions options, String name) {
    try {
      ImageInfo info = VolumeReader.info(image, options);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("file", name);
      row.put("format", info.format());
      row.put("shape", info.shape());
      row.put("zooms", info.zooms());
      row.put("axes", info.axes());
      row.put("dtype", info.dtype().name().toLowerCase(Locale.ROOT));
      images.add(row);
      read++;
    } catch (DataException e) {
      unreadable(name, e);
    }
  }

  private void unreadable(String name, DataException e) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("file", name);
    row.put("error", e.getMessage());
    images.add(row);
  }

  /** Images whose header could be read. */
  int read() {
    return read;
  }

  Map<String, Object> json() {
    Map<String, Object> findings = new LinkedHashMap<>();
    findings.put("folder", root.toString());
    findings.put("images", images);
    return findings;
  }

  /** A line for each image. */
  List<String> lines() {
    return images.stream().map(FolderListing::line).toList();
  }

  private static String line(Map<String, Object> row) {
    if (row.containsKey("error")) {
      return row.get("file") + "  NOT READ: " + row.get("error");
    }
    String zooms =
        ((List<?>) row.get("zooms"))
            .stream()
                .map(z -> String.format(Locale.ROOT, "%.4g", (Double) z))
                .collect(Collectors.joining("x"));
    String shape =
        ((List<?>) row.get("shape"))
            .stream().map(Object::toString).collect(Collectors.joining("x"));
    return String.join(
        "  ",
        row.get("file") + "",
        row.get("format") + "",
        shape,
        zooms,
        row.get("axes") + "",
        row.get("dtype") + "");
  }
}
