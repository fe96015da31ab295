package io.med3dinsight.volume;

import io.med3dinsight.dicom.DicomReader;
import io.med3dinsight.dicom.DicomVolume;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A DICOM file or series as an image. */
final class DicomImage implements StoredImage {
  private final DicomVolume volume;
  private final Affine affine;
  private final VoxelType type;

  private DicomImage(DicomVolume volume, String file) {
    this.volume = volume;
    this.affine = NiftiHeader.usable(Affine.of(volume.affine()), "position in space", file);
    this.type = type(volume);
    String shape = volume.width() + "x" + volume.height() + "x" + volume.depth();
    long voxels = (long) volume.width() * volume.height() * volume.depth();
    VoxelStream.checkMemory(file, shape, voxels);
  }

  static DicomImage open(Path path, ReadOptions options) {
    return new DicomImage(DicomReader.read(path, options.series()), path.toString());
  }

  /** The smallest type that holds what the bits of a pixel can mean. */
  private static VoxelType type(DicomVolume volume) {
    VoxelType[] whole = {VoxelType.UINT8, VoxelType.INT16, VoxelType.UINT16, VoxelType.INT32};
    for (VoxelType t : whole) {
      if (volume.isWhole()
          && t.holds((float) volume.lowest())
          && t.holds((float) volume.highest())) {
        return t;
      }
    }
    return VoxelType.FLOAT32;
  }

  @Override
  public ImageInfo info() {
    List<Long> shape = new ArrayList<>();
    List<Double> zooms = new ArrayList<>();
    int[] extents = {volume.width(), volume.height(), volume.depth()};
    for (int axis = 0; axis < 3; axis++) {
      shape.add((long) extents[axis]);
      zooms.add(affine.spacing(axis));
    }
    if (volume.frames() > 1) {
      shape.add((long) volume.frames());
      zooms.add(1.0);
    }
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("modality", volume.series().modality());
    details.put("seriesNumber", volume.series().number());
    details.put("seriesDescription", volume.series().description());
    details.put("seriesUid", volume.series().uid());
    details.put("images", volume.series().images());
    details.put("slope", volume.rescale()[0]);
    details.put("intercept", volume.rescale()[1]);
    return new ImageInfo("DICOM", shape, zooms, affine, type, details, volume.warnings());
  }

  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public Grid grid() {
    return Grid.of(volume.depth(), volume.height(), volume.width(), affine);
  }

  @Override
  public void read(int frame, VoxelSink sink) {
    int from = frame == ALL ? 0 : frame;
    int to = frame == ALL ? volume.frames() : frame + 1;
    for (int f = from; f < to; f++) {
      volume.read(f, slab -> sink.put(slab, slab.length));
    }
  }
}
