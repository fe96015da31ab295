package io.med3dinsight.dataset;

import io.med3dinsight.volume.Grid;

/**
 * Random training patches. A patch is a function of (case, seed, epoch, index) alone: no state is
 * shared, threads may call at will, and training that resumes in the middle sees the same patches.
 *
 * @param size extents of the patches
 * @param foregroundShare share of the indices whose patch is put around a voxel of a structure
 *     (class drawn uniformly among those that occur); the patch is centred on it, or moved just so
 *     far that it stays in the case. The others lie anywhere in the case
 * @param augmentation what happens to them
 */
public record PatchSampler(PatchSize size, double foregroundShare, Augmentation augmentation) {
  /** nnU-Net's share of patches that certainly show foreground. */
  public static final double ONE_THIRD = 1.0 / 3;

  public PatchSampler {
    if (!(foregroundShare >= 0 && foregroundShare <= 1)) {
      throw new IllegalArgumentException(
          "foreground share " + foregroundShare + ", expected 0 to 1");
    }
  }

  /**
   * Fills one patch. Along an axis where the case is smaller than the patch, it lies in the middle
   * of zeros.
   *
   * @param index number of the patch within the epoch; of any run of consecutive indices, the
   *     foreground share is put around foreground
   * @param image receives [channel, D, H, W] intensities from {@code imageAt}
   * @param labels receives [D, H, W] labels from {@code labelsAt}
   */
  public void draw(
      TrainingCase source,
      long seed,
      long epoch,
      long index,
      float[] image,
      int imageAt,
      int[] labels,
      int labelsAt) {
    Draws draws = new Draws(seed, epoch, index);
    double[] centre = centre(source, isForeground(index), draws);
    Placement placement = Placement.draw(augmentation, source.grid().spacing(), centre, draws);
    for (int c = 0; c < source.channels().length; c++) {
      // One geometry for all channels, since they show one body; its own intensities for each.
      int at = imageAt + c * size.voxels();
      new PatchCutter(source, c, size, placement).cut(image, at, labels, labelsAt);
      new Intensities(image, at, size).change(augmentation, draws);
    }
  }

  /** True for the indices at which the running total of the share reaches another whole. */
  boolean isForeground(long index) {
    return Math.floor((index + 1) * foregroundShare + 1e-9)
        > Math.floor(index * foregroundShare + 1e-9);
  }

  /** Centre of the patch in voxels of the case, (x, y, z). */
  private double[] centre(TrainingCase source, boolean foreground, Draws draws) {
    Grid grid = source.grid();
    int[] patch = {size.width(), size.height(), size.depth()};
    int[] focus = null;
    if (foreground && source.structures() > 0) {
      int voxel = source.drawForeground(draws);
      focus =
          new int[] {
            voxel % grid.width(),
            voxel / grid.width() % grid.height(),
            voxel / grid.width() / grid.height()
          };
    }
    double[] centre = new double[3];
    for (int axis = 0; axis < 3; axis++) {
      int room = grid.extent(axis) - patch[axis];
      int start;
      if (room <= 0) {
        start = room / 2;
      } else if (focus == null) {
        start = draws.nextInt(room + 1);
      } else {
        start = Math.min(Math.max(focus[axis] - patch[axis] / 2, 0), room);
      }
      centre[axis] = start + (patch[axis] - 1) / 2.0;
    }
    return centre;
  }
}
