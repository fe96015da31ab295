package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Arrays of an .npz file, or the one of an .npy file, as streams: nothing is held that was not
 * asked for.
 */
public final class NpzFile {
  private static final String ONE = "array";

  private final Path path;
  private final boolean zipped;
  private final Map<String, NpyHeader> headers = new LinkedHashMap<>();
  private final Map<String, Long> packed = new LinkedHashMap<>();

  private NpzFile(Path path, boolean zipped) {
    this.path = path;
    this.zipped = zipped;
  }

  /** Whether a zip holds arrays, by the names of its entries. */
  public static boolean isNpz(Path path) {
    try (ZipFile zip = new ZipFile(path.toFile())) {
      return zip.stream().anyMatch(e -> e.getName().endsWith(".npy"));
    } catch (IOException | IllegalArgumentException e) {
      // A damaged one is named by its ending, so that the right reader says what is wrong.
      return path.toString().endsWith(".npz");
    }
  }

  /**
   * Reads the headers of all arrays.
   *
   * @throws DataException when the file is damaged
   */
  public static NpzFile open(Path path) {
    boolean zipped = VolumeReader.startsWith(VolumeReader.start(path, 2), "PK");
    NpzFile file = new NpzFile(path, zipped);
    if (zipped) {
      file.scan();
    } else {
      FileBytes bytes = FileBytes.of(path);
      file.headers.put(ONE, bytes.use(in -> NpyHeader.read(in, path.toString())));
      file.packed.put(ONE, bytes.size());
    }
    return file;
  }

  private void scan() {
    try (ZipFile zip = new ZipFile(path.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        if (entry.getName().endsWith(".npy")) {
          String name = entry.getName().substring(0, entry.getName().length() - 4);
          try (InputStream in = zip.getInputStream(entry)) {
            headers.put(name, NpyHeader.read(in, label(name)));
          }
          packed.put(name, Math.min(entry.getCompressedSize(), Files.size(path)));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(e);
    }
  }

  private DataException damaged(Exception e) {
    String why = e instanceof IOException io ? DataException.reason(io) : e.getMessage();
    return new DataException(
        path + " is a damaged .npz file (" + printable(why) + "); copy it again.", e);
  }

  static String printable(String text) {
    String clean = (text + "").replaceAll("[^\\x20-\\x7e]", "?");
    return clean.length() > 80 ? clean.substring(0, 80) + "..." : clean;
  }

  /** What a person calls an array of this file. */
  String label(String name) {
    return zipped ? path + ":" + printable(name) : path.toString();
  }

  /** Names of the arrays that can be images. */
  public List<String> images() {
    return NpyImage.images(this);
  }

  /** Names of the arrays, in the file's order. */
  public List<String> names() {
    return new ArrayList<>(headers.keySet());
  }

  /** Extents of an array along its axes, of whatever its elements are. */
  public List<Long> shape(String name) {
    return stored(name).shape();
  }

  /** Type of an array's elements: "int16", "float32", or NumPy's code for what cannot be read. */
  public String dtype(String name) {
    NpyHeader h = stored(name);
    return h.type() == null ? printable(h.code()) : h.type().name().toLowerCase(Locale.ROOT);
  }

  /** Whether an array holds numbers that can be read. */
  boolean isNumeric(String name) {
    return stored(name).type() != null;
  }

  /** The header of an array of numbers. */
  NpyHeader header(String name) {
    return stored(name).requireNumbers(label(name));
  }

  private NpyHeader stored(String name) {
    NpyHeader header = headers.get(name);
    if (header == null) {
      throw new DataException(
          path
              + " has no array "
              + printable(name)
              + ", only: "
              + printable(String.join(", ", headers.keySet()))
              + ".");
    }
    return header;
  }

  /** Bytes that an array takes in the file. */
  long bytes(String name) {
    return packed.get(name);
  }

  /** Refuses a claim that the file cannot fulfil. */
  void check(String name) {
    NpyHeader h = header(name);
    long there = zipped ? packed.get(name) * FileBytes.MAX_EXPANSION : packed.get(name);
    if (h.elements() > there / h.type().bytes()) {
      throw new DataException(
          label(name)
              + " claims "
              + h.shapeText()
              + " elements of "
              + h.type()
              + ", which its "
              + packed.get(name)
              + " bytes cannot hold; the file is damaged.");
    }
  }

  /** Decodes elements in the file's order. */
  void read(String name, long first, long count, VoxelSink sink) {
    NpyHeader h = header(name);
    VoxelStream stream = new VoxelStream(label(name), h.shapeText(), h.type(), h.order(), 1, 0);
    use(
        name,
        in -> {
          in.skipNBytes(first * h.type().bytes());
          stream.decode(in, count, sink);
          return name;
        });
  }

  /** Opens an array's bytes behind its header for one use. */
  <T> T use(String name, FileBytes.Use<T> use) {
    FileBytes.Use<T> behindHeader =
        in -> {
          NpyHeader.read(in, label(name));
          return use.apply(in);
        };
    if (!zipped) {
      return FileBytes.of(path).use(behindHeader);
    }
    try (ZipFile zip = new ZipFile(path.toFile());
        InputStream in = zip.getInputStream(zip.getEntry(name + ".npy"))) {
      return behindHeader.apply(in);
    } catch (EOFException | ZipException e) {
      throw new DataException(label(name) + " is cut off or damaged; copy it again.", e);
    } catch (IOException e) {
      throw damaged(e);
    }
  }

  /**
   * Elements of an array as floats, in the file's order.
   *
   * @param first element to begin with
   * @throws DataException when the array is missing, damaged or shorter
   */
  public float[] floats(String name, long first, int count) {
    check(name);
    VoxelSink.Floats sink = new VoxelSink.Floats(count, packed.get(name));
    read(name, first, count, sink);
    return sink.data();
  }
}
