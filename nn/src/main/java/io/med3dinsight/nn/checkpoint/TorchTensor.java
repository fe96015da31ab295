package io.med3dinsight.nn.checkpoint;

import io.med3dinsight.engine.tensor.Shape;

/**
 * A tensor of a PyTorch file: a shape laid over a storage.
 *
 * @param offset first element within the storage
 * @param strides elements from one index to the next, for each axis
 */
record TorchTensor(Storage storage, long offset, Shape shape, long[] strides) {
  /** Elements that lie one after the other in the file; where is known once all was read. */
  static final class Storage {
    private final String key;
    private final StoredType type;
    private final long size;
    private final boolean bigEndian;
    private long at = -1;

    Storage(String key, StoredType type, long size, boolean bigEndian) {
      this.key = key;
      this.type = type;
      this.size = size;
      this.bigEndian = bigEndian;
    }

    String key() {
      return key;
    }

    StoredType type() {
      return type;
    }

    /** Number of elements. */
    long size() {
      return size;
    }

    long bytes() {
      return size * type.bytes;
    }

    boolean bigEndian() {
      return bigEndian;
    }

    /** First byte within the file. */
    long at() {
      return at;
    }

    void at(long position) {
      at = position;
    }
  }

  /** Distance of the last element from the first, in elements. */
  long last() {
    long n = 0;
    for (int a = 0; a < strides.length; a++) {
      n += (shape.dim(a) - 1) * strides[a];
    }
    return n;
  }

  /** Whether elements in row-major order follow one another in the file. */
  boolean isAscending() {
    long within = 0;
    for (int a = strides.length - 1; a >= 0; a--) {
      if (shape.dim(a) > 1) {
        if (strides[a] < within) {
          return false;
        }
        within += (shape.dim(a) - 1) * strides[a];
      }
    }
    return true;
  }

  /** Distance of an element from the first. */
  long at(int[] index) {
    long n = 0;
    for (int a = 0; a < strides.length; a++) {
      n += index[a] * strides[a];
    }
    return n;
  }

  /** Moves an index on, row-major. */
  void next(int[] index) {
    for (int a = index.length - 1; a >= 0; a--) {
      if (++index[a] < shape.dim(a)) {
        return;
      }
      index[a] = 0;
    }
  }
}
