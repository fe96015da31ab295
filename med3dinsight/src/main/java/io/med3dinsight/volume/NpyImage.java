package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * An array of a NumPy file as an image. NumPy knows no space: voxels are 1 mm large, and the
 * array's axes are i, j, k, as nibabel would take the array. An array of more axes holds frames
 * along those behind the third.
 */
final class NpyImage implements StoredImage {
  private static final int MOST_NAMED = 5;
  private static final String UNKNOWN =
      "NumPy files have no voxel sizes and no orientation: 1 mm and axes to right, anterior and"
          + " superior are assumed";

  private final NpzFile file;
  private final String name;
  private final NpyHeader header;
  private final List<Long> shape;

  private NpyImage(NpzFile file, String name, Path path) {
    this.file = file;
    this.name = name;
    this.header = file.header(name);
    shape = new ArrayList<>(header.shape());
    if (shape.size() > 7) {
      throw new DataException(path + " holds an array of " + shape.size() + " axes, expected 3.");
    }
    while (shape.size() < 3) {
      shape.add(1L);
    }
    file.check(name);
    VoxelStream.checkMemory(path.toString(), header.shapeText(), frameVoxels());
  }

  static NpyImage open(Path path, ReadOptions options) {
    NpzFile file = NpzFile.open(path);
    List<String> names = file.names();
    String name = options.array();
    if (name == null) {
      List<String> images = images(file);
      if (images.isEmpty() && names.size() == 1) {
        // Says what its elements are, where that is the reason.
        file.header(names.get(0));
      }
      if (images.size() != 1) {
        throw new DataException(
            path + " holds " + (images.isEmpty() ? none(file) : several(images)));
      }
      name = images.get(0);
    }
    return new NpyImage(file, name, path);
  }

  private static String none(NpzFile file) {
    String found =
        file.names().stream()
            .limit(MOST_NAMED)
            .map(n -> (n + " " + file.shape(n) + " " + file.dtype(n)).strip())
            .collect(Collectors.joining(", "));
    return "no array that can be an image, but "
        + (found.isEmpty() ? "nothing" : NpzFile.printable(found))
        + "; expected numbers along three axes.";
  }

  private static String several(List<String> images) {
    return images.size()
        + " arrays that can be images, choose one (option --array): "
        + NpzFile.printable(String.join(", ", images))
        + ".";
  }

  /** Names of the arrays that can be images. */
  static List<String> images(NpzFile file) {
    return file.names().stream().filter(n -> file.isNumeric(n) && isImage(file.shape(n))).toList();
  }

  /** Lists of numbers and columns of a table are no images. */
  private static boolean isImage(List<Long> shape) {
    return shape.stream().filter(e -> e > 1).count() >= 2 || shape.size() == 3;
  }

  private long frameVoxels() {
    return shape.get(0) * shape.get(1) * shape.get(2);
  }

  @Override
  public ImageInfo info() {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("array", name);
    details.put("fortranOrder", header.fortran());
    Affine affine = Affine.scaling(1, 1, 1);
    List<Double> zooms = Collections.nCopies(shape.size(), 1.0);
    return new ImageInfo("NumPy", shape, zooms, affine, header.type(), details, List.of(UNKNOWN));
  }

  @Override
  public long bytes() {
    return file.bytes(name);
  }

  @Override
  public Grid grid() {
    return Grid.of(
        shape.get(2).intValue(),
        shape.get(1).intValue(),
        shape.get(0).intValue(),
        Affine.scaling(1, 1, 1));
  }

  @Override
  public void read(int frame, VoxelSink sink) {
    if (header.fortran() || shape.stream().filter(e -> e > 1).count() <= 1) {
      long first = frame == ALL ? 0 : frame * frameVoxels();
      file.read(name, first, frame == ALL ? header.elements() : frameVoxels(), sink);
    } else {
      new NpyTurner(file, name, shape).read(frame, sink);
    }
  }
}
