package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * NRRD files, with the data behind the header or in a file of their own; raw, gzip and ascii.
 * Directions are turned to RAS. An axis without a direction holds frames, whether it comes before
 * the spatial ones (values of one voxel side by side) or after them.
 */
final class NrrdImage implements StoredImage {
  private final Path path;
  private final NrrdHeader header;
  private final long[] sizes;
  private final VoxelStream stream;
  private final FileBytes data;
  private final long headerBytes;

  /** Number of axes before the spatial ones, and their values per voxel. */
  private final int leading;

  private final long perVoxel;
  private final Affine affine;
  private final List<String> warnings = new ArrayList<>();

  private NrrdImage(Path path, NrrdHeader header) {
    this.path = path;
    this.header = header;
    this.sizes = header.sizes();
    header.checkEncoding();
    double[][] directions = directions();
    this.leading = leading(directions);
    long values = 1;
    for (int i = 0; i < leading; i++) {
      values = saturated(values, sizes[i]);
    }
    this.perVoxel = values;
    this.affine = affine(directions);
    VoxelType type = header.type();
    this.stream = new VoxelStream(path.toString(), shape(), type, header.order(type), 1, 0);
    String own = header.text("datafile");
    this.data = FileBytes.of(own.isEmpty() ? path : detached(own)).packed();
    this.headerBytes = own.isEmpty() ? header.length() : 0;
    check(type);
  }

  static NrrdImage open(Path path) {
    FileBytes bytes = FileBytes.of(path);
    return new NrrdImage(path, bytes.use(in -> NrrdHeader.read(in, path.toString())));
  }

  /** Whether a header says that its data are in another file. */
  static boolean isDetached(Path path) {
    NrrdHeader header = FileBytes.of(path).use(in -> NrrdHeader.read(in, path.toString()));
    return !header.text("datafile").isEmpty();
  }

  private Path detached(String name) {
    if (name.contains("%")) {
      throw header.bad("its data are spread over several files");
    }
    try {
      return path.resolveSibling(name);
    } catch (InvalidPathException e) {
      throw new DataException(
          path + " names the data file \"" + NpzFile.printable(name) + "\", which is no path.", e);
    }
  }

  private static long saturated(long a, long b) {
    return a > Long.MAX_VALUE / b ? Long.MAX_VALUE : a * b;
  }

  private long extent(int axis) {
    return leading + axis < sizes.length ? sizes[leading + axis] : 1;
  }

  private long frameVoxels() {
    return saturated(saturated(extent(0), extent(1)), extent(2));
  }

  private long elements() {
    long n = 1;
    for (long s : sizes) {
      n = saturated(n, s);
    }
    return n;
  }

  private String shape() {
    return extent(0) + "x" + extent(1) + "x" + extent(2);
  }

  private void check(VoxelType type) {
    long there = Math.max(0, data.size() - headerBytes);
    long most = header.isZipped() ? saturated(there, FileBytes.MAX_EXPANSION) : there;
    long bytes = header.isAscii() ? 1 : type.bytes();
    if (elements() > most / bytes) {
      throw new DataException(
          path
              + " claims "
              + elements()
              + " values of "
              + type
              + ", but "
              + data.size()
              + " bytes cannot hold them; the file is cut off or its header is damaged.");
    }
    VoxelStream.checkMemory(path.toString(), shape(), frameVoxels());
  }

  // ---- space

  /** One vector per axis, null for an axis that is none of space. */
  private double[][] directions() {
    if (!header.text("spacedirections").isEmpty()) {
      return header.vectors("spacedirections", sizes.length);
    }
    double[][] out = new double[sizes.length][];
    String[] spacings =
        header.text("spacings").isEmpty() ? new String[0] : header.text("spacings").split("\\s+");
    for (int i = 0; i < Math.min(3, sizes.length); i++) {
      double size = i < spacings.length ? header.number(spacings[i], "spacings") : 1;
      out[i] = new double[3];
      out[i][i] = Double.isFinite(size) && size != 0 ? size : 1;
    }
    warnings.add(
        "the header gives no directions: axes to right, anterior and superior are assumed");
    return out;
  }

  /** The spatial axes have to follow one another. */
  private int leading(double[][] directions) {
    int first = 0;
    while (first < directions.length && directions[first] == null) {
      first++;
    }
    int last = first;
    while (last < directions.length && directions[last] != null) {
      last++;
    }
    boolean rest = false;
    for (int i = last; i < directions.length; i++) {
      rest |= directions[i] != null;
    }
    if (last - first > 3 || last == first || rest || sizes.length - first > 7) {
      throw header.bad("its spatial axes are not three that follow one another");
    }
    return first;
  }

  private Affine affine(double[][] directions) {
    String space = header.text("space").toLowerCase(java.util.Locale.ROOT).replace("-time", "");
    double[] sign =
        switch (space) {
          case "left-posterior-superior", "lps", "lpst" -> new double[] {-1, -1, 1};
          case "left-anterior-superior", "las", "last" -> new double[] {-1, 1, 1};
          case "right-anterior-superior", "ras", "rast" -> new double[] {1, 1, 1};
          default -> {
            warnings.add("the header names no anatomical space: taken as right-anterior-superior");
            yield new double[] {1, 1, 1};
          }
        };
    double[] origin = new double[3];
    if (!header.text("spaceorigin").isEmpty()) {
      double[] given = header.vectors("spaceorigin", 1)[0];
      origin = given == null ? origin : given;
    }
    double[] mm = millimetres();
    double[] rows = new double[12];
    for (int r = 0; r < 3; r++) {
      for (int axis = 0; axis < 3; axis++) {
        int i = leading + axis;
        double[] d = i < directions.length ? directions[i] : null;
        // An axis that the file does not have: a slice of 1 mm.
        double v = d == null ? (axis == r ? 1 : 0) : d[r];
        rows[4 * r + axis] = sign[r] * mm[r] * v;
      }
      rows[4 * r + 3] = sign[r] * mm[r] * origin[r];
    }
    return NiftiHeader.usable(Affine.of(rows), "space", path.toString());
  }

  private double[] millimetres() {
    double[] mm = {1, 1, 1};
    String[] units = header.text("spaceunits").replace("\"", " ").strip().split("\\s+");
    for (int i = 0; i < 3 && i < units.length; i++) {
      mm[i] =
          switch (units[i]) {
            case "m" -> 1000;
            case "cm" -> 10;
            case "um", "micron", "microns", "µm" -> 0.001;
            default -> 1;
          };
    }
    return mm;
  }

  // ---- voxels

  @Override
  public ImageInfo info() {
    List<Long> shape = new ArrayList<>();
    List<Double> zooms = new ArrayList<>();
    for (int axis = 0; axis < 3; axis++) {
      shape.add(extent(axis));
      zooms.add(affine.spacing(axis));
    }
    long further = elements() / frameVoxels();
    if (further > 1) {
      shape.add(further);
      zooms.add(1.0);
    }
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("encoding", header.text("encoding"));
    details.put("endian", header.text("endian"));
    details.put("space", header.text("space"));
    return new ImageInfo("NRRD", shape, zooms, affine, stream.type(), details, warnings);
  }

  @Override
  public Grid grid() {
    return Grid.of((int) extent(2), (int) extent(1), (int) extent(0), affine);
  }

  @Override
  public void read(int frame, VoxelSink sink) {
    if (frame == ALL) {
      long frames = elements() / frameVoxels();
      for (int f = 0; f < frames; f++) {
        read(f, sink);
      }
      return;
    }
    long one = frameVoxels() * perVoxel;
    long first = frame / perVoxel * one;
    VoxelSink picked = perVoxel == 1 ? sink : new Picker(sink, perVoxel, frame % perVoxel);
    data.use(
        in -> {
          begin(in, first, one, picked);
          return path;
        });
  }

  private void begin(InputStream in, long first, long count, VoxelSink sink) throws IOException {
    in.skipNBytes(headerBytes);
    for (long i = header.whole("lineskip", 0); i > 0; i--) {
      for (int c = in.read(); c != '\n'; c = in.read()) {
        if (c < 0) {
          throw new EOFException();
        }
      }
    }
    InputStream unpacked = header.isZipped() ? new GZIPInputStream(in, 1 << 16) : in;
    long skip = header.whole("byteskip", 0);
    if (header.isAscii()) {
      new NrrdText(unpacked, header).decode(first, count, sink);
      return;
    }
    if (skip == -1) {
      long bytes = elements() * stream.type().bytes();
      skip = data.size() - headerBytes - bytes;
    }
    if (skip < 0) {
      throw header.bad("its byte skip is " + skip);
    }
    unpacked.skipNBytes(skip);
    unpacked.skipNBytes(first * stream.type().bytes());
    stream.decode(unpacked, count, sink);
  }

  /** Passes on one of several values that a voxel has. */
  private static final class Picker extends VoxelSink {
    private final VoxelSink sink;
    private final long every;
    private long left;

    Picker(VoxelSink sink, long every, long first) {
      this.sink = sink;
      this.every = every;
      this.left = first;
    }

    @Override
    void put(double[] values, int count) {
      double[] kept = new double[count];
      int n = 0;
      for (int i = 0; i < count; i++) {
        if (left-- == 0) {
          kept[n++] = values[i];
          left = every - 1;
        }
      }
      sink.put(kept, n);
    }
  }
}
