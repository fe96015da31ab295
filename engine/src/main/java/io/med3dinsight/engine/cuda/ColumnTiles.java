package io.med3dinsight.engine.cuda;

/**
 * How blocks of 256 threads share columns that are reduced: a block is {@code across} columns wide
 * and {@code 256 / across} entries high, and works on one segment of each of its columns.
 *
 * @param across a power of two
 * @param perColumn segments that a column is cut into
 * @param segment entries of a segment
 * @param blocks of the launch
 */
record ColumnTiles(int across, int perColumn, int segment, long blocks) {
  private static final int BLOCK = 256;

  /**
   * @param entries of a column
   * @param least entries that a thread should have before a column is cut
   * @param wanted blocks that fill a device
   */
  static ColumnTiles of(int columns, int entries, int least, int wanted) {
    int widest = Math.min(32, CudaReduce.powerAtLeast(columns));
    return of(columns, entries, widest, least, wanted);
  }

  /**
   * @param neighbours columns that lie next to each other in memory: a power of two, at most 32
   */
  static ColumnTiles of(int columns, int entries, int neighbours, int least, int wanted) {
    // Short columns leave no work for many threads on each: such blocks are wide instead.
    int high = Math.min(BLOCK / neighbours, Integer.highestOneBit(Math.max(1, entries / 2)));
    int across = BLOCK / high;
    int tiles = CudaReduce.parts(columns, across);
    int cut = Math.min(CudaReduce.parts(entries, high * least), Math.max(1, wanted / tiles));
    int segment = CudaReduce.parts(entries, cut);
    int perColumn = CudaReduce.parts(entries, segment);
    return new ColumnTiles(across, perColumn, segment, (long) tiles * perColumn);
  }
}
