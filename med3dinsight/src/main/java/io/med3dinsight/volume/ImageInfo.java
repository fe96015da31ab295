package io.med3dinsight.volume;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a reader understood of a file, as stored: before any choice of a frame and any
 * reorientation.
 *
 * @param format such as "NIfTI-1" or "DICOM"
 * @param shape extents along the file's axes, the fastest first
 * @param zooms voxel sizes along the same axes, the spatial ones in mm
 * @param affine from voxel index (i, j, k) to mm in RAS+
 * @param dtype type in which voxels are stored
 * @param details further findings, in the order in which they are shown
 * @param warnings what is unusual, a sentence each
 */
public record ImageInfo(
    String format,
    List<Long> shape,
    List<Double> zooms,
    Affine affine,
    VoxelType dtype,
    Map<String, Object> details,
    List<String> warnings) {

  public ImageInfo {
    shape = List.copyOf(shape);
    zooms = List.copyOf(zooms);
    details = new LinkedHashMap<>(details);
    warnings = List.copyOf(warnings);
  }

  /** Number of 3D images: the product of the extents beyond the third. */
  public long frames() {
    return shape.stream().skip(3).reduce(1L, Math::multiplyExact);
  }

  /** The directions to which the file's axes i, j, k run, such as "LPS". */
  public String axes() {
    return Orientation.of(Grid.of(1, 1, 1, affine)).code();
  }
}
