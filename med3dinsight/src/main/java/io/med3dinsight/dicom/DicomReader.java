package io.med3dinsight.dicom;

import io.med3dinsight.DataException;
import io.med3dinsight.hash.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Finds the DICOM files of a place and makes a volume of one series. */
public final class DicomReader {
  /** Bytes by which a file is recognised. */
  public static final int START = 140;

  private static final int MAX_DEPTH = 6;
  private static final int MAX_STACKS = 200;
  private static final String DIRECTORY = "1.2.840.10008.1.3.10";

  private final Path place;
  private final Map<String, List<Slice>> slices = new LinkedHashMap<>();
  private final Map<String, Dataset> headers = new LinkedHashMap<>();
  private final Set<String> instances = new HashSet<>();
  private int copies;

  private DicomReader(Path place) {
    this.place = place;
  }

  /** Whether bytes, the first {@link #START} of a file, are DICOM's. */
  public static boolean isDicom(byte[] start) {
    return Parser.isDicom(start);
  }

  /** Whether a folder holds a DICOM file, at any depth that is searched. */
  public static boolean hasDicom(Path folder) {
    return files(folder).stream().anyMatch(p -> isDicom(start(p)));
  }

  /**
   * The volume of a file, a folder or a zip.
   *
   * @param choice which series is meant: its number, its UID or the UID's end; null when there is
   *     one only
   * @throws DataException when there is no DICOM file, a file is damaged, there are several series
   *     and no choice, or the slices are no volume
   */
  public static DicomVolume read(Path place, String choice) {
    return gathered(place).volume(choice);
  }

  /**
   * The series of a file, a folder or a zip, in the order of their first files.
   *
   * @throws DataException when a file is damaged
   */
  public static List<Series> series(Path place) {
    DicomReader reader = gathered(place);
    return reader.slices.keySet().stream().map(reader::series).toList();
  }

  private static DicomReader gathered(Path place) {
    DicomReader reader = new DicomReader(place);
    if (Files.isDirectory(place)) {
      for (Path file : files(place)) {
        byte[] start = start(file);
        if (isDicom(start)) {
          reader.add(new Source.InFile(file));
        }
      }
    } else if (isZip(start(place))) {
      long left = Source.InZip.MAX_TOTAL * size(place) + Source.InZip.FREE_TOTAL;
      for (String entry : entries(place)) {
        Source source = new Source.InZip(place, entry);
        if (isDicom(source.read(START))) {
          left -= reader.add(source);
        }
        if (left < 0) {
          throw new DataException(
              place
                  + " unpacks to more than "
                  + Source.InZip.MAX_TOTAL
                  + " times its size; unpack it and read the folder, if you trust it.");
        }
      }
    } else {
      reader.add(new Source.InFile(place));
    }
    return reader;
  }

  private static boolean isZip(byte[] start) {
    return start.length > 4 && start[0] == 'P' && start[1] == 'K' && start[2] == 3;
  }

  private static byte[] start(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(START);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> walk = Files.walk(folder, MAX_DEPTH, FileVisitOption.FOLLOW_LINKS)) {
      return walk.filter(p -> !p.getFileName().toString().startsWith("."))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw DataException.of(folder, "read", e);
    } catch (java.io.UncheckedIOException e) {
      throw DataException.of(folder, "read", e.getCause());
    }
  }

  private static List<String> entries(Path zip) {
    try (ZipFile file = new ZipFile(zip.toFile())) {
      return file.stream().filter(e -> !e.isDirectory()).map(ZipEntry::getName).sorted().toList();
    } catch (IOException | IllegalArgumentException e) {
      throw new DataException(zip + " is a damaged zip file; copy it again.", e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
  }

  /** Adds a file's slices; returns its bytes. */
  private int add(Source source) {
    byte[] bytes = source.read();
    Parsed parsed = Parser.parse(bytes, source.name());
    Dataset d = parsed.data();
    if (d.text(Tag.SOP_CLASS).equals(DIRECTORY)) {
      return bytes.length;
    }
    // Files without their names, which some anonymise away, are known by their bytes.
    String instance = d.text(Tag.SOP_INSTANCE);
    if (!instances.add(instance.isEmpty() ? Sha256.hex(bytes) : instance)) {
      copies++;
      return bytes.length;
    }
    String uid = d.shown(Tag.SERIES_UID);
    slices
        .computeIfAbsent(uid, u -> new ArrayList<>())
        .addAll(new SliceReader(source, parsed).slices());
    headers.putIfAbsent(uid, d);
    return bytes.length;
  }

  private Series series(String uid) {
    Dataset d = headers.get(uid);
    return new Series(
        uid,
        d.shown(Tag.SERIES_NUMBER),
        d.shown(Tag.SERIES_DESCRIPTION),
        d.shown(Tag.MODALITY),
        slices.get(uid).size());
  }

  private DicomVolume volume(String choice) {
    if (slices.isEmpty()) {
      throw new DataException(
          place
              + " holds no image that can be read; expected a NIfTI, NRRD or .npz file, or the files"
              + " of a DICOM series.");
    }
    Series series = chosen(choice);
    List<String> warnings = new ArrayList<>();
    if (copies > 0) {
      warnings.add(copies + " files are copies of others and left out");
    }
    List<Slice> stack = largest(series, warnings);
    return new DicomVolume(series, new Stack(place.toString(), stack, warnings), warnings);
  }

  private Series chosen(String choice) {
    List<Series> all = slices.keySet().stream().map(this::series).toList();
    List<Series> meant =
        choice == null ? all : all.stream().filter(s -> s.isMeant(choice)).toList();
    if (meant.size() == 1) {
      return meant.get(0);
    }
    List<Series> named = meant.isEmpty() ? all : meant;
    String list = String.join("; ", named.stream().limit(20).map(Series::text).toList());
    throw new DataException(
        place
            + (meant.isEmpty()
                ? " has no series " + choice + ", only: "
                : " holds " + meant.size() + " series, choose one (option --series): ")
            + list
            + (named.size() > 20 ? "; and more" : "")
            + ".");
  }

  private DataException stacks(String count) {
    return new DataException(
        place
            + " holds in one series "
            + count
            + " stacks of different sizes or directions; put the slices of one volume into a"
            + " folder of its own.");
  }

  /** The slices that fit together; a localiser among them, say, is left out. */
  private List<Slice> largest(Series series, List<String> warnings) {
    List<List<Slice>> groups = new ArrayList<>();
    for (Slice s : slices.get(series.uid())) {
      List<Slice> group = groups.stream().filter(g -> g.get(0).fits(s)).findFirst().orElse(null);
      if (group == null) {
        group = new ArrayList<>();
        groups.add(group);
      }
      group.add(s);
      if (groups.size() > MAX_STACKS) {
        throw stacks("more than " + MAX_STACKS);
      }
    }
    groups.sort((a, b) -> Integer.compare(b.size(), a.size()));
    if (groups.size() > 1 && groups.get(1).size() == groups.get(0).size()) {
      throw stacks(groups.size() + "");
    }
    int left = series.images() - groups.get(0).size();
    if (left > 0) {
      warnings.add(left + " images of another size or direction are left out");
    }
    return groups.get(0);
  }
}
