package io.med3dinsight.volume;

/**
 * An image file whose header has been read and checked against the size of the file. Voxels are
 * read on demand.
 */
interface StoredImage {
  /** For all frames. */
  int ALL = -1;

  /** What was understood. */
  ImageInfo info();

  /** Bytes of the file that hold voxels, packed or not; 0 when unknown. */
  long bytes();

  /** The grid of each frame. */
  Grid grid();

  /**
   * Reads voxels in file order, the first axis fastest, scaled to what they mean.
   *
   * @param frame number of the 3D image, or {@link #ALL}
   * @throws io.med3dinsight.DataException when the file is cut off or damaged
   */
  void read(int frame, VoxelSink sink);
}
