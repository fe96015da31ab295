package io.med3dinsight.engine.cuda;

import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Tensor;

/**
 * How channels-last data [instances, voxels, channels] is cut into rows and columns for kernels in
 * which a thread owns a few neighbouring columns, each of one channel (common/columns.cuh).
 *
 * @param wide elements that a thread reads at once: 16 bytes of them, or 1
 * @param width elements of a row, a multiple of the channels
 * @param tiles blocks side by side across a row
 */
record ColumnGrid(int instances, int voxels, int channels, int wide, int width, int tiles) {
  static final int THREADS = 256;

  /** Rows of a block, and blocks for an instance. */
  record Chunks(int rows, int count) {}

  /**
   * @param data all tensors of this shape and type that are read or written
   */
  static ColumnGrid of(
      CudaBackend cuda, int instances, int voxels, int channels, DType dtype, Tensor... data) {
    int lanes = 16 / dtype.bytes();
    // Rows of whole voxels and whole vectors, so that every row and instance starts aligned.
    int unit = channels * (lanes / gcd(channels, lanes));
    boolean fits = unit == channels || unit <= THREADS * lanes;
    boolean starts = instances == 1 || (long) voxels * channels % lanes == 0;
    if (!fits || !starts || !cuda.aligned16(data)) {
      lanes = 1;
      unit = channels;
    }
    int most = THREADS * lanes;
    return unit > most
        ? new ColumnGrid(instances, voxels, channels, lanes, unit, (unit + most - 1) / most)
        : new ColumnGrid(instances, voxels, channels, lanes, most / unit * unit, 1);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  int length() {
    return voxels * channels;
  }

  /** Cuts instances into about {@code blocks} blocks in all, of at most {@code most} rows each. */
  Chunks chunks(int blocks, int most) {
    int rows = (int) (((long) length() + width - 1) / width);
    int wanted = Math.max(1, blocks / Math.max(1, instances * tiles));
    int each = Math.max(1, Math.min(most, (rows + wanted - 1) / wanted));
    return new Chunks(each, (rows + each - 1) / each);
  }

  /** The launch of a kernel over these chunks. */
  Launch over(Launch launch, Chunks chunks) {
    return launch.grid(chunks.count(), instances, tiles).block(THREADS);
  }

  /** The kernel's arguments that describe the grid. */
  Launch describe(Launch launch, Chunks chunks) {
    return launch.i32(width).i32(chunks.rows()).i32(length()).i32(channels).i32(wide > 1 ? 1 : 0);
  }

  /** Bytes of {@code values} floats for each column of a block. */
  int shared(int values) {
    return values * THREADS * wide * 4;
  }
}
