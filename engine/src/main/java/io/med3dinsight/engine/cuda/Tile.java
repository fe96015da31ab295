package io.med3dinsight.engine.cuda;

import java.util.List;

/**
 * The part of a matrix product that a thread block computes, one for each kernel of the families
 * matmul and conv (common/tiles.cuh says what they do).
 *
 * @param name of the kernel
 * @param rows of the tile
 * @param columns of the tile
 * @param slice how much of the common dimension goes through shared memory at once
 * @param threads of a block
 * @param ringBytes shared memory of the ring of buffers
 * @param rate multiplications that a multiprocessor could do per clock, in this kernel's arithmetic
 */
record Tile(
    String name, int rows, int columns, int slice, int threads, int ringBytes, double rate) {
  /** Clocks that a block takes to fill its ring and to write its results. */
  private static final double LATENCY = 1500;

  /** Clocks for another kernel that adds up the splits. */
  private static final double SECOND_KERNEL = 4000;

  /** Bytes of device memory that a multiprocessor moves per clock. */
  private static final double BYTES_PER_CLOCK = 12;

  /** A slice of the common dimension is not split further than into pieces of this many. */
  private static final int LEAST_SLICES = 4;

  /** A tile, and over how many blocks the common dimension is split. */
  record Choice(Tile tile, int splits) {}

  /** Float32 on the ordinary units. */
  static Tile floats(String name, int rows, int columns, int slice, int threads, int stages) {
    int bytes = stages * slice * (rows + columns + 8) * 4;
    return new Tile(name, rows, columns, slice, threads, bytes, 128);
  }

  /** TF32 on tensor cores. */
  static Tile tf32(String name, int rows, int columns, int threads) {
    return new Tile(name, rows, columns, 16, threads, 3 * 16 * (rows + columns + 16) * 4, 512);
  }

  /** Bfloat16 on tensor cores. */
  static Tile halves(String name, int rows, int columns, int threads, int stages) {
    return new Tile(name, rows, columns, 32, threads, stages * 32 * (rows + columns) * 2, 1024);
  }

  /** Tiles that a product of {@code m x n} is cut into. */
  long count(long m, long n) {
    return ceil(m, rows) * ceil(n, columns);
  }

  /** The larger the tile, the more often a number in shared memory is used. */
  private double efficiency() {
    double used = 2.0 * rows * columns / (rows + columns);
    return used / (used + 32);
  }

  /**
   * The tile and splits that should take the least time for {@code copies} products {@code m x k}
   * by {@code k x n}. Depends on nothing but its arguments.
   *
   * @param workspaceBytes the most that partial sums may take
   */
  static Choice choose(
      List<Tile> tiles, long m, long n, long k, long copies, int processors, long workspaceBytes) {
    Choice best = null;
    double least = Double.POSITIVE_INFINITY;
    for (Tile t : tiles) {
      long slices = Math.max(1, ceil(k, t.slice));
      for (int wanted = 1; wanted <= 1024; wanted = wanted < 4 ? wanted + 1 : wanted * 3 / 2) {
        int splits = wanted == 1 ? 1 : (int) ceil(slices, ceil(slices, wanted));
        boolean fits =
            slices / splits >= LEAST_SLICES && splits * m * n * copies <= workspaceBytes / 4;
        if (splits > 1 && !fits) {
          break;
        }
        double clocks = t.clocks(m, n, k, copies, splits, processors);
        if (clocks < least) {
          least = clocks;
          best = new Choice(t, splits);
        }
      }
    }
    return best;
  }

  private double clocks(long m, long n, long k, long copies, int splits, int processors) {
    long blocks = count(m, n) * copies * splits;
    long depth = ceil(ceil(k, slice), splits) * slice;
    int resident = Math.max(1, 512 / threads);
    double work = (double) rows * columns * depth / (rate * efficiency());
    double clocks =
        ceil(blocks, processors) * work + ceil(blocks, (long) processors * resident) * LATENCY;
    if (splits > 1) {
      double bytes = 8.0 * splits * m * n * copies;
      clocks += SECOND_KERNEL + bytes / (BYTES_PER_CLOCK * processors);
    }
    return clocks;
  }

  static long ceil(long a, long b) {
    return (a + b - 1) / b;
  }
}
