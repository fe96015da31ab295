package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.nio.file.Path;

/**
 * A 3D image: intensities on a {@link Grid}, [D, H, W] row-major (W fastest, the file's own order).
 * Intensities are float32; what a file stores more finely (float64, whole numbers beyond 2^24) is
 * rounded to the nearest one. Immutable as long as nobody writes into {@link #voxels()}.
 */
public final class Volume {
  private final Grid grid;
  private final float[] voxels;
  private final VoxelType storedType;
  private final String source;

  Volume(Grid grid, float[] voxels, VoxelType storedType, String source) {
    if (voxels.length != grid.size()) {
      throw new IllegalArgumentException(
          voxels.length + " intensities for a grid of " + grid.shapeText() + " voxels");
    }
    this.grid = grid;
    this.voxels = voxels;
    this.storedType = storedType;
    this.source = source;
  }

  /** A volume of the intensities [D, H, W] on the grid; the array is not copied. */
  public static Volume of(Grid grid, float[] voxels) {
    return new Volume(grid, voxels, VoxelType.FLOAT32, "(computed)");
  }

  /**
   * Reads an image of any supported format, recognised by its content; see {@link VolumeReader}.
   *
   * @throws DataException when the file is missing, damaged, cut off, of an unsupported kind, or
   *     holds several images
   */
  public static Volume read(Path path) {
    return VolumeReader.volume(path, ReadOptions.none());
  }

  /**
   * Writes NIfTI (.nii or .nii.gz by the name), completely or not at all, with the codes, numbers,
   * version and extensions of the grid's file. The voxels keep the type they were read with as long
   * as it holds every intensity exactly, otherwise they become float32.
   */
  public void write(Path path) {
    VoxelType type = storedType;
    if (!type.isFloating()) {
      for (float v : voxels) {
        if (!type.holds(v)) {
          type = VoxelType.FLOAT32;
          break;
        }
      }
    }
    VoxelType chosen = type;
    NiftiWriter.write(path, grid, chosen, (out, i) -> VoxelCodec.encode(out, chosen, voxels[i]));
  }

  /** Where the voxels lie. */
  public Grid grid() {
    return grid;
  }

  /** The intensities, [D, H, W]; shared, to be read only. */
  public float[] voxels() {
    return voxels;
  }

  /** Intensity of one voxel. */
  public float at(int d, int h, int w) {
    return voxels[grid.index(d, h, w)];
  }

  /** The type that the file stored. */
  public VoxelType storedType() {
    return storedType;
  }

  /** The file this came from, for messages. */
  public String source() {
    return source;
  }

  /** The same file's image with other intensities on the same or another grid. */
  Volume with(Grid newGrid, float[] newVoxels) {
    return new Volume(newGrid, newVoxels, storedType, source);
  }

  /** The same image with the intensities replaced, [D, H, W]. */
  public Volume withVoxels(float[] newVoxels) {
    return new Volume(grid, newVoxels, VoxelType.FLOAT32, source);
  }

  /**
   * This volume, when every intensity is a finite number.
   *
   * @throws DataException naming the file, how many voxels are not, and the first of them
   */
  public Volume requireFinite() {
    int bad = 0;
    int first = -1;
    for (int i = 0; i < voxels.length; i++) {
      if (!Float.isFinite(voxels[i])) {
        first = bad++ == 0 ? i : first;
      }
    }
    if (bad > 0) {
      throw new DataException(
          source
              + " holds "
              + bad
              + (bad == 1 ? " voxel that is" : " voxels that are")
              + " not a finite number, the first ("
              + voxels[first]
              + ") at voxel "
              + position(grid, first)
              + "; replace them before using the image.");
    }
    return this;
  }

  /** The file's index (i, j, k) of a voxel. */
  static String position(Grid grid, int index) {
    int i = index % grid.width();
    int j = index / grid.width() % grid.height();
    int k = index / grid.width() / grid.height();
    return "(" + i + ", " + j + ", " + k + ")";
  }
}
