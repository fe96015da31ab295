package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Decodes voxels from a stream of bytes, a piece at a time.
 *
 * @param file for messages
 * @param shape of one frame, for messages
 */
record VoxelStream(
    String file, String shape, VoxelType type, ByteOrder order, double slope, double intercept) {
  private static final int CHUNK = 8192;

  /** The largest array that Java can make. */
  private static final long MAX_VOXELS = Integer.MAX_VALUE - 8;

  /**
   * Refuses a claim that the file cannot fulfil, or an image that memory cannot hold.
   *
   * @param frameVoxels voxels of one frame
   * @param frames number of frames
   * @param offset bytes before the first voxel
   */
  void check(FileBytes bytes, long frameVoxels, long frames, long offset) {
    long left = (bytes.most() - offset) / type.bytes();
    if (frameVoxels > left || frames > left / frameVoxels) {
      throw new DataException(
          file
              + " claims "
              + (frames > 1 ? frames + " frames of " : "")
              + shape
              + " voxels of "
              + type
              + ", but "
              + bytes.size()
              + (bytes.zipped() ? " compressed" : "")
              + " bytes cannot hold them; the file is cut off or its header is damaged.");
    }
    checkMemory(file, shape, frameVoxels);
  }

  /** Refuses a frame that memory cannot hold. */
  static void checkMemory(String file, String shape, long frameVoxels) {
    if (frameVoxels > MAX_VOXELS) {
      throw new DataException(
          file
              + " has "
              + shape
              + " voxels; at most 2147483639 are supported, so crop or resample it first.");
    }
    long heap = Runtime.getRuntime().maxMemory();
    if (Float.BYTES * frameVoxels > heap) {
      throw new DataException(
          file
              + " has "
              + shape
              + " voxels, which take "
              + (Float.BYTES * frameVoxels >> 20)
              + " MiB of memory where Java may use "
              + (heap >> 20)
              + "; start with a larger heap (java -Xmx...), or crop or resample it first.");
    }
  }

  /** Decodes {@code voxels} voxels. */
  void decode(InputStream in, long voxels, VoxelSink sink) throws IOException {
    int width = type.bytes();
    byte[] bytes = new byte[CHUNK * width];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(order);
    double[] values = new double[CHUNK];
    boolean scaled = slope != 1 || intercept != 0;
    for (long done = 0; done < voxels; done += CHUNK) {
      int count = (int) Math.min(CHUNK, voxels - done);
      int got = in.readNBytes(bytes, 0, count * width);
      if (got < count * width) {
        throw new DataException(
            file
                + " is cut off: its header promises "
                + shape
                + " voxels, but the data end after "
                + (done + got / width)
                + "; copy or download it again.");
      }
      VoxelCodec.decode(buffer, type, values, count);
      if (scaled) {
        for (int i = 0; i < count; i++) {
          values[i] = values[i] * slope + intercept;
        }
      }
      sink.put(values, count);
    }
  }
}
