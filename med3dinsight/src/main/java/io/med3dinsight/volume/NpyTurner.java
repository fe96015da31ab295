package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Hands on an array whose last axis is the fastest in the file with its first axis the fastest. The
 * bytes are kept as they come, which follows what is really there.
 */
final class NpyTurner {
  private static final int FIRST = 1 << 16;
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  private final NpzFile file;
  private final String name;
  private final NpyHeader header;
  private final int[] extents;
  private final int width;

  /**
   * @param shape at least three extents
   */
  NpyTurner(NpzFile file, String name, List<Long> shape) {
    this.file = file;
    this.name = name;
    this.header = file.header(name);
    this.width = header.type().bytes();
    if (header.elements() > LARGEST) {
      throw new DataException(
          file.label(name)
              + " has more than 2147483639 elements with the last axis first; save it with"
              + " numpy.asfortranarray.");
    }
    this.extents = shape.stream().mapToInt(Long::intValue).toArray();
  }

  void read(int frame, VoxelSink sink) {
    int frames = 1;
    for (int axis = 3; axis < extents.length; axis++) {
      frames *= extents[axis];
    }
    boolean all = frame == StoredImage.ALL;
    int side = all ? frames : 1;
    long bytes = header.elements() / frames * side * width;
    if (bytes > LARGEST) {
      throw new DataException(
          file.label(name)
              + " takes more than 2 GiB with the last axis first; save it with"
              + " numpy.asfortranarray.");
    }
    int skipped = all ? 0 : place(frame);
    int every = frames;
    byte[] kept = file.use(name, in -> kept(in, (int) bytes, all ? 1 : every, skipped));
    ByteBuffer row = ByteBuffer.allocate(extents[0] * width).order(header.order());
    double[] values = new double[extents[0]];
    for (int f = 0; f < side; f++) {
      int beside = all ? place(f) : 0;
      for (int k = 0; k < extents[2]; k++) {
        for (int j = 0; j < extents[1]; j++) {
          for (int i = 0; i < extents[0]; i++) {
            int element = ((i * extents[1] + j) * extents[2] + k) * side + beside;
            row.put(i * width, kept, element * width, width);
          }
          VoxelCodec.decode(row, header.type(), values, extents[0]);
          sink.put(values, extents[0]);
        }
      }
    }
  }

  /** Where a frame, counted along the fourth axis first, lies among those of one voxel. */
  private int place(int frame) {
    int place = 0;
    int rest = frame;
    int[] index = new int[extents.length];
    for (int axis = 3; axis < extents.length; axis++) {
      index[axis] = rest % extents[axis];
      rest /= extents[axis];
    }
    for (int axis = 3; axis < extents.length; axis++) {
      place = place * extents[axis] + index[axis];
    }
    return place;
  }

  /** The bytes of all elements, or of one in so many. */
  private byte[] kept(InputStream raw, int bytes, int every, int first) throws IOException {
    InputStream in = every == 1 ? raw : new BufferedInputStream(raw, FIRST);
    byte[] kept = new byte[Math.min(bytes, FIRST)];
    int filled = 0;
    while (filled < bytes) {
      if (filled == kept.length) {
        kept = Arrays.copyOf(kept, (int) Math.min(bytes, 2L * filled));
      }
      in.skipNBytes((long) first * width);
      int wanted = every == 1 ? kept.length - filled : width;
      if (in.readNBytes(kept, filled, wanted) < wanted) {
        throw new DataException(
            file.label(name)
                + " is cut off: its header promises "
                + header.shapeText()
                + " elements, but the data end too early; copy or download it again.");
      }
      in.skipNBytes((long) (every - 1 - first) * width);
      filled += wanted;
    }
    return kept;
  }
}
