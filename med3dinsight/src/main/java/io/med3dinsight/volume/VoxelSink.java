package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.util.Arrays;

/**
 * Takes decoded voxels in file order. The array grows with the voxels that really arrive, so a
 * header that claims too many costs nothing.
 */
abstract class VoxelSink {
  private static final int FIRST = 1 << 16;

  private final int total;
  private final long there;
  int filled;

  /**
   * @param total voxels that the header claims
   * @param there bytes that the file really has: a voxel takes one at least, unless they are packed
   */
  VoxelSink(int total, long there) {
    this.total = total;
    this.there = there;
  }

  /** A sink that keeps nothing and grows no array. */
  VoxelSink() {
    this(0, 0);
  }

  /** Appends the first {@code count} values. */
  abstract void put(double[] values, int count);

  int firstCapacity() {
    return (int) Math.min(total, Math.max(there, FIRST));
  }

  int grown(int capacity, int needed) {
    return needed <= capacity ? capacity : (int) Math.min(total, Math.max(needed, 2L * capacity));
  }

  /** Image intensities. */
  static final class Floats extends VoxelSink {
    private float[] data;

    Floats(int total, long there) {
      super(total, there);
      data = new float[firstCapacity()];
    }

    @Override
    void put(double[] values, int count) {
      reserve(filled + count);
      for (int i = 0; i < count; i++) {
        data[filled + i] = (float) values[i];
      }
      filled += count;
    }

    private void reserve(int needed) {
      int capacity = grown(data.length, needed);
      if (capacity > data.length) {
        data = Arrays.copyOf(data, capacity);
      }
    }

    float[] data() {
      return data;
    }
  }

  /** Labels: whole numbers only. */
  static final class Labels extends VoxelSink {
    private final String file;
    private int[] data;

    Labels(int total, long there, String file) {
      super(total, there);
      this.file = file;
      data = new int[firstCapacity()];
    }

    @Override
    void put(double[] values, int count) {
      reserve(filled + count);
      for (int i = 0; i < count; i++) {
        double v = values[i];
        int label = (int) v;
        if (label != v) {
          throw new DataException(
              file
                  + " holds "
                  + v
                  + " at voxel number "
                  + (filled + i)
                  + "; a label map holds whole numbers of 32 bits only, so check that this is not an"
                  + " image.");
        }
        data[filled + i] = label;
      }
      filled += count;
    }

    private void reserve(int needed) {
      int capacity = grown(data.length, needed);
      if (capacity > data.length) {
        data = Arrays.copyOf(data, capacity);
      }
    }

    int[] data() {
      return data;
    }
  }
}
