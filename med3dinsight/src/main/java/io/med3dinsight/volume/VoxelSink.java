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
  int filled;

  VoxelSink(int total) {
    this.total = total;
  }

  /** A sink that keeps nothing and grows no array. */
  VoxelSink() {
    this(0);
  }

  /** Appends the first {@code count} values. */
  abstract void put(double[] values, int count);

  int firstCapacity() {
    return Math.min(total, FIRST);
  }

  int grown(int capacity, int needed) {
    return needed <= capacity ? capacity : (int) Math.min(total, Math.max(needed, 2L * capacity));
  }

  /** Image intensities. */
  static final class Floats extends VoxelSink {
    private float[] data;

    Floats(int total) {
      super(total);
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

    Labels(int total, String file) {
      super(total);
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
