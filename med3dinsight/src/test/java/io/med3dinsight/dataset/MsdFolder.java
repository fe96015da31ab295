package io.med3dinsight.dataset;

import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small folder in the layout of the Medical Segmentation Decathlon, to be damaged by tests. */
final class MsdFolder {
  /** An LPS grid of 6 x 5 x 4 voxels. */
  static final Grid GRID = Grid.of(4, 5, 6, Affine.of(-1, 0, 0, 5, 0, -2, 0, 8, 0, 0, 3, 0));

  final Path path;

  MsdFolder(Path path) throws IOException {
    this.path = path;
    for (String id : new String[] {"a", "b", "c"}) {
      image(id, GRID, ramp(GRID));
      label(id, GRID, marks(GRID));
    }
    json(
        "{\"name\": \"Test\", \"modality\": {\"0\": \"MRI\"},"
            + " \"labels\": {\"0\": \"background\", \"1\": \"front\", \"2\": \"back\"},"
            + " \"training\": ["
            + "{\"image\": \"./imagesTr/a.nii.gz\", \"label\": \"./labelsTr/a.nii.gz\"},"
            + "{\"image\": \"imagesTr/b.nii.gz\", \"label\": \"labelsTr/b.nii.gz\"}],"
            + " \"test\": [\"imagesTr/c.nii.gz\"]}");
  }

  void json(String text) throws IOException {
    Files.writeString(path.resolve("dataset.json"), text);
  }

  void image(String id, Grid grid, float[] voxels) {
    Volume.of(grid, voxels).write(path.resolve("imagesTr").resolve(id + ".nii.gz"));
  }

  void label(String id, Grid grid, int[] labels) {
    LabelVolume.of(grid, labels).write(path.resolve("labelsTr").resolve(id + ".nii.gz"));
  }

  static float[] ramp(Grid grid) {
    float[] voxels = new float[grid.size()];
    for (int i = 0; i < voxels.length; i++) {
      voxels[i] = i;
    }
    return voxels;
  }

  static int[] marks(Grid grid) {
    int[] marks = new int[grid.size()];
    marks[10] = 1;
    marks[50] = 2;
    return marks;
  }
}
