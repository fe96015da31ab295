package io.med3dinsight.volume;

import io.med3dinsight.DataException;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A label map: one whole number per voxel on a {@link Grid}, [D, H, W] row-major (W fastest, the
 * file's own order). Immutable as long as nobody writes into {@link #labels()}.
 */
public final class LabelVolume {
  private final Grid grid;
  private final int[] labels;
  private final VoxelType storedType;
  private final String source;

  LabelVolume(Grid grid, int[] labels, VoxelType storedType, String source) {
    if (labels.length != grid.size()) {
      throw new IllegalArgumentException(
          labels.length + " labels for a grid of " + grid.shapeText() + " voxels");
    }
    this.grid = grid;
    this.labels = labels;
    this.storedType = storedType;
    this.source = source;
  }

  /** A label map of the labels [D, H, W] on the grid; the array is not copied. */
  public static LabelVolume of(Grid grid, int[] labels) {
    return new LabelVolume(grid, labels, VoxelType.UINT8, "(computed)");
  }

  /**
   * Reads an image of any supported format whose voxels are whole numbers of any type; see {@link
   * VolumeReader}.
   *
   * @throws DataException when the file is missing, damaged, cut off, of an unsupported kind, holds
   *     several images or a value that is not a whole number of 32 bits
   */
  public static LabelVolume read(Path path) {
    return VolumeReader.labels(path, ReadOptions.none());
  }

  /**
   * Writes NIfTI (.nii or .nii.gz by the name), completely or not at all, with the codes, numbers,
   * version and extensions of the grid's file: in the integer type it was read with when that holds
   * every label, otherwise in the smallest of uint8, int16 and int32 that does.
   */
  public void write(Path path) {
    VoxelType type = writtenType();
    NiftiWriter.write(path, grid, type, (out, i) -> VoxelCodec.encode(out, type, labels[i]));
  }

  private VoxelType writtenType() {
    int lowest = 0;
    int highest = 0;
    for (int label : labels) {
      lowest = Math.min(lowest, label);
      highest = Math.max(highest, label);
    }
    if (!storedType.isFloating() && storedType.spans(lowest, highest)) {
      return storedType;
    }
    for (VoxelType type : new VoxelType[] {VoxelType.UINT8, VoxelType.INT16}) {
      if (type.spans(lowest, highest)) {
        return type;
      }
    }
    return VoxelType.INT32;
  }

  /** Where the voxels lie. */
  public Grid grid() {
    return grid;
  }

  /** The labels, [D, H, W]; shared, to be read only. */
  public int[] labels() {
    return labels;
  }

  /** Label of one voxel. */
  public int at(int d, int h, int w) {
    return labels[grid.index(d, h, w)];
  }

  /** The type that the file stored. */
  public VoxelType storedType() {
    return storedType;
  }

  /** The file this came from, for messages. */
  public String source() {
    return source;
  }

  /** The label values that occur, ascending. */
  public SortedSet<Integer> values() {
    SortedSet<Integer> values = new TreeSet<>();
    int last = 0;
    boolean any = false;
    for (int label : labels) {
      if (!any || label != last) {
        values.add(label);
        last = label;
        any = true;
      }
    }
    return values;
  }

  /** Index of the first voxel with this label as the file counts it (i, j, k), for messages. */
  public String firstPosition(int label) {
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] == label) {
        return Volume.position(grid, i);
      }
    }
    throw new IllegalArgumentException("label " + label + " does not occur in " + source);
  }

  /**
   * The same labels, voxel by voxel, on another grid of the same extents: that of the image they
   * belong to, whose header may differ in the last digits.
   */
  public LabelVolume on(Grid other) {
    if (!grid.sameShape(other)) {
      throw new IllegalArgumentException(
          "labels of " + grid.shapeText() + " voxels do not fit a grid of " + other.shapeText());
    }
    return with(other, labels);
  }

  /** The same file's labels, moved to another grid. */
  LabelVolume with(Grid newGrid, int[] newLabels) {
    return new LabelVolume(newGrid, newLabels, storedType, source);
  }
}
