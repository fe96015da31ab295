package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * The probability of every class at every voxel of an image: the softmax of the interpolated
 * scores, from 0 to 1, before parts are removed. They stand in a temporary file, because those of
 * many classes fit no memory; it takes 4 bytes a voxel and class and goes with this object. Not for
 * several threads.
 */
public final class ProbabilityMaps implements AutoCloseable {
  private final Grid grid;
  private final int classes;
  private final int[] extents;
  private final int start;
  private final int[] strides;
  private final Path file;
  private final FileChannel channel;
  private ByteBuffer bytes = buffer(0);

  private ProbabilityMaps(Grid grid, int classes, Path file, FileChannel channel) {
    Orientation orientation = Orientation.of(grid);
    Grid ras = orientation.toRas(grid);
    this.grid = grid;
    this.classes = classes;
    this.file = file;
    this.channel = channel;
    extents = new int[] {ras.depth(), ras.height(), ras.width()};
    start = orientation.start(grid);
    strides = orientation.strides(grid);
  }

  /** Those of an image for which none were asked for: of no class. */
  public static ProbabilityMaps none(Grid grid) {
    return new ProbabilityMaps(grid, 0, null, null);
  }

  /**
   * Empty maps, to be filled by a {@link ScoreRestorer}.
   *
   * @param grid of the image's file
   * @param folder where the temporary file is to be
   * @throws DataException when the folder's disk has not the space that they need
   */
  public static ProbabilityMaps create(Grid grid, int classes, Path folder) {
    long needed = 4L * classes * grid.size();
    try {
      Files.createDirectories(folder);
      long free = Files.getFileStore(folder).getUsableSpace();
      if (needed > free) {
        throw new DataException(
            String.format(
                Locale.ROOT,
                "the probabilities of %d classes at %d voxels take %.1f GiB, more than is left on"
                    + " the disk of %s, %.1f GiB; leave them out, or write to another disk.",
                classes,
                grid.size(),
                needed / 0x1p30,
                folder,
                free / 0x1p30));
      }
      Path file = Files.createTempFile(folder, ".probabilities-", ".tmp");
      // Where the system allows, the name is gone at once, so that no crash leaves the file.
      FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      return new ProbabilityMaps(grid, classes, file, channel);
    } catch (IOException e) {
      throw DataException.of(folder, "written to", e);
    }
  }

  /** Number of classes, 0 when no probabilities were asked for. */
  public int classes() {
    return classes;
  }

  /** Bytes of the temporary file when it is full. */
  public long fileBytes() {
    return 4L * classes * grid.size();
  }

  /**
   * Takes some rows of a plane in RAS order.
   *
   * @param values [C][rows, W]
   * @param rows how many
   */
  void put(int d, int firstRow, int rows, float[][] values) {
    int count = rows * extents[2];
    try {
      for (int c = 0; c < classes; c++) {
        ByteBuffer out = sized(count);
        out.asFloatBuffer().put(values[c], 0, count);
        long at = offset(c, d) + 4L * firstRow * extents[2];
        while (out.hasRemaining()) {
          at += channel.write(out, at);
        }
      }
    } catch (IOException e) {
      throw DataException.of(file, "written", e);
    }
  }

  private long offset(int c, int d) {
    return 4L * ((long) c * grid.size() + (long) d * extents[1] * extents[2]);
  }

  private ByteBuffer sized(int floats) {
    if (bytes.capacity() < 4 * floats) {
      bytes = buffer(4 * floats);
    }
    return bytes.clear().limit(4 * floats);
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
  }

  /**
   * The map of one class on exactly the image's grid, which takes 4 bytes a voxel of memory; drop
   * it before the next.
   *
   * @throws DataException when the temporary file cannot be read
   */
  public Volume map(int c) {
    if (c < 0 || c >= classes) {
      throw new IllegalArgumentException("class " + c + ", expected 0 to " + (classes - 1));
    }
    float[] voxels = new float[grid.size()];
    int plane = extents[1] * extents[2];
    float[] row = new float[extents[2]];
    try {
      for (int d = 0; d < extents[0]; d++) {
        ByteBuffer in = sized(plane);
        read(in, offset(c, d));
        for (int h = 0; h < extents[1]; h++) {
          in.slice(4 * h * row.length, 4 * row.length)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer()
              .get(row);
          int to = start + d * strides[2] + h * strides[1];
          for (float p : row) {
            voxels[to] = p;
            to += strides[0];
          }
        }
      }
    } catch (IOException e) {
      throw DataException.of(file, "read", e);
    }
    return Volume.of(grid, voxels);
  }

  private void read(ByteBuffer in, long from) throws IOException {
    long at = from;
    while (in.hasRemaining()) {
      int n = channel.read(in, at);
      if (n < 0) {
        throw new IllegalStateException("the probabilities of this voxel were not put");
      }
      at += n;
    }
    in.flip();
  }

  /** Deletes the temporary file. */
  @Override
  public void close() {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw DataException.of(file, "deleted", e);
    }
  }
}
