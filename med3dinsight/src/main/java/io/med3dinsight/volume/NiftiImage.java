package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * NIfTI-1, NIfTI-2 and ANALYZE files, single or in pairs, plain or gzipped. Memory follows the
 * bytes that are really there, never the header's claim.
 */
final class NiftiImage implements StoredImage {
  /** A pair's names: the header's end or the image's, plain or gzipped. */
  private static final String PAIR = "(?i)\\.(hdr|img)(\\.gz)?$";

  /** Extensions beyond this are not kept; what scanners and tools write there is far smaller. */
  private static final int MAX_EXTENSIONS = 8 << 20;

  private final String file;
  private final NiftiHeader header;
  private final FileBytes voxels;
  private final VoxelStream stream;

  private NiftiImage(String file, NiftiHeader header, FileBytes voxels) {
    this.file = file;
    this.header = header;
    this.voxels = voxels;
    this.stream =
        new VoxelStream(
            file,
            header.shapeText(),
            header.type(),
            header.order(),
            header.slope(),
            header.intercept());
    stream.check(voxels, header.frameVoxels(), header.frames(), header.voxelOffset());
  }

  /** Whether a name is one of a header or an image of a pair. */
  static boolean isPairName(Path path) {
    return path.getFileName().toString().matches(".*" + PAIR);
  }

  /** Whether a file is NIfTI by its name or by its first bytes. */
  static boolean isNifti(Path path) {
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (isPairName(path) || name.endsWith(".nii") || name.endsWith(".nii.gz")) {
      return true;
    }
    byte[] start = FileBytes.of(path).use(in -> in.readNBytes(4));
    return start.length == 4 && NiftiHeader.announces(start);
  }

  /** Reads and checks the header of a file, or of a pair of which either file is named. */
  static NiftiImage open(Path path) {
    Path headerFile = isPairName(path) ? sibling(path, "hdr") : path;
    FileBytes bytes = FileBytes.of(headerFile);
    boolean analyze = isPairName(path);
    NiftiHeader header = bytes.use(in -> header(in, bytes, analyze));
    if (!header.pair()) {
      return new NiftiImage(path.toString(), header, bytes);
    }
    if (!isPairName(path)) {
      throw new DataException(
          path
              + " is the header of a pair, whose files are named .hdr and .img; rename it and put the"
              + " .img file beside it.");
    }
    refuseMatrix(headerFile, header);
    return new NiftiImage(path.toString(), header, FileBytes.of(sibling(path, "img")));
  }

  /** The pair's file of the other or the same kind, gzipped or not, with the case of the name. */
  private static Path sibling(Path path, String kind) {
    String name = path.getFileName().toString();
    String stem = name.replaceFirst(PAIR, "");
    String end = name.substring(stem.length());
    boolean upper = end.startsWith(".HDR") || end.startsWith(".IMG");
    boolean zipped = end.toLowerCase(Locale.ROOT).endsWith(".gz");
    String own = stem + "." + (upper ? kind.toUpperCase(Locale.ROOT) : kind);
    List<Path> candidates =
        List.of(
            path.resolveSibling(own + (zipped ? ".gz" : "")),
            path.resolveSibling(own + (zipped ? "" : ".gz")));
    for (Path candidate : candidates) {
      if (Files.isRegularFile(candidate)) {
        return candidate;
      }
    }
    throw new DataException(
        (Files.exists(path) ? path : candidates.get(0))
            + (Files.exists(path)
                ? " is one of a pair, but "
                    + candidates.get(0)
                    + " is missing; put both into a folder."
                : " does not exist; check the path."));
  }

  /** SPM put ANALYZE's place in space into a MATLAB file beside it. */
  private static void refuseMatrix(Path headerFile, NiftiHeader header) {
    Path matrix =
        headerFile.resolveSibling(
            headerFile.getFileName().toString().replaceFirst(PAIR, "") + ".mat");
    if (header.format().startsWith("ANALYZE") && Files.exists(matrix)) {
      throw new DataException(
          headerFile
              + " has its place in space in "
              + matrix
              + ", a MATLAB file that cannot be read; convert the image to NIfTI with SPM or"
              + " nibabel.");
    }
  }

  private static NiftiHeader header(InputStream in, FileBytes bytes, boolean analyze)
      throws IOException {
    String file = bytes.path().toString();
    byte[] start = in.readNBytes(4);
    int announced = start.length == 4 ? NiftiHeader.announcedLength(start, file) : 0;
    byte[] raw = Arrays.copyOf(start, Math.max(Math.abs(announced), 4));
    int got = in.readNBytes(raw, 4, raw.length - 4) + start.length;
    if (announced == 0 || got < raw.length) {
      throw new DataException(
          file
              + " is cut off: it has "
              + bytes.size()
              + " bytes and ends inside the NIfTI header; copy or download it again.");
    }
    ByteOrder order = announced < 0 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    NiftiHeader header = NiftiHeader.parse(raw, order, analyze, file);
    int most = header.pair() ? MAX_EXTENSIONS : Math.min(header.extensionBytes(), MAX_EXTENSIONS);
    if (header.format().startsWith("ANALYZE")) {
      return header;
    }
    byte[] flag = in.readNBytes(Math.min(4, most));
    if (flag.length < 4 || flag[0] == 0) {
      return header;
    }
    byte[] rest = in.readNBytes(most - 4);
    byte[] all = Arrays.copyOf(flag, 4 + rest.length);
    System.arraycopy(rest, 0, all, 4, rest.length);
    return header.withExtensions(NiftiExtensions.parse(all, order));
  }

  @Override
  public ImageInfo info() {
    List<Long> shape = new ArrayList<>();
    List<Double> zooms = new ArrayList<>();
    for (int i = 0; i < header.dims().length; i++) {
      shape.add(header.dims()[i]);
      zooms.add(header.zooms()[i]);
    }
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("byteOrder", header.order() == ByteOrder.BIG_ENDIAN ? "big" : "little");
    details.put("slope", header.slope());
    details.put("intercept", header.intercept());
    details.put("units", header.units());
    details.put("sformCode", header.origin().sformCode());
    details.put("qformCode", header.origin().qformCode());
    details.put("extensions", header.origin().extensions().count());
    details.put("description", header.origin().description());
    return new ImageInfo(
        header.format() + (header.pair() ? " pair" : ""),
        shape,
        zooms,
        header.affine(),
        header.type(),
        details,
        header.extensionBytes() > MAX_EXTENSIONS
            ? List.of(
                "its extensions take more than "
                    + (MAX_EXTENSIONS >> 20)
                    + " MiB; what goes beyond is not kept in files written on its grid")
            : List.of());
  }

  @Override
  public long bytes() {
    return voxels.size();
  }

  @Override
  public Grid grid() {
    long[] e = header.dims();
    return new Grid((int) e[2], (int) e[1], (int) e[0], header.affine(), header.origin());
  }

  @Override
  public void read(int frame, VoxelSink sink) {
    long one = header.frameVoxels();
    long first = frame == ALL ? 0 : frame * one;
    long count = frame == ALL ? one * header.frames() : one;
    int width = header.type().bytes();
    voxels.use(
        in -> {
          in.skipNBytes(header.voxelOffset() + first * width);
          stream.decode(in, count, sink);
          voxels.skipRest(in, (one * header.frames() - first - count) * width);
          return file;
        });
  }
}
