package io.med3dinsight.cli;

import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A dataset of four small synthetic cases, c0 to c3, of which c3 is for testing. */
final class TinyData {
  private static final int CASES = 4;

  private TinyData() {}

  /** Settings with which a whole run takes a second or two. */
  static List<String> settings(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "network.channels=[4,8]",
                "network.convolutions=1",
                "network.patch=[8,8,8]",
                "pretrain.epochs=2",
                "pretrain.stepsPerEpoch=2",
                "pretrain.volumes=2",
                "pretrain.slices=3",
                "pretrain.psat.width=12",
                "pretrain.psat.heads=2",
                "pretrain.psat.layers=1",
                "finetune.epochs=2",
                "finetune.stepsPerEpoch=3",
                "finetune.batch=2",
                "finetune.validateEvery=1",
                "finetune.validationShare=0.3",
                "encoder2d.epochs=1",
                "encoder2d.width=8",
                "encoder2d.textWidth=8",
                "encoder2d.layers=1",
                "encoder2d.heads=2",
                "encoder2d.thumbnail=16",
                "encoder2d.batch=8",
                "encoder2d.maxTokens=32",
                "describe.slicesPerPlane=3"));
    words.addAll(List.of(more));
    return words;
  }

  static Path write(Path folder) throws IOException {
    return write(folder, Affine.scaling(1, 1, 1), new int[] {12, 14, 16});
  }

  /**
   * @param affine of all files
   * @param extents D, H, W as stored
   */
  static Path write(Path folder, Affine affine, int[] extents) throws IOException {
    Files.createDirectories(folder.resolve("imagesTr"));
    Files.createDirectories(folder.resolve("labelsTr"));
    for (int i = 0; i < CASES; i++) {
      Grid grid = Grid.of(extents[0] + i, extents[1], extents[2], affine);
      Volume image = TinyModel.volume(grid, i);
      int[] labels = new int[grid.size()];
      for (int v = 0; v < labels.length; v++) {
        labels[v] = image.voxels()[v] > 70 ? 2 : image.voxels()[v] > 40 ? 1 : 0;
      }
      image.write(image(folder, i));
      LabelVolume.of(grid, labels).write(label(folder, i));
    }
    String training =
        IntStream.range(0, CASES)
            .mapToObj(
                i ->
                    "{\"image\":\"./imagesTr/c%d.nii.gz\",\"label\":\"./labelsTr/c%d.nii.gz\"}"
                        .formatted(i, i))
            .collect(Collectors.joining(","));
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"name\":\"Tiny\",\"modality\":{\"0\":\"MRI\"},"
            + "\"labels\":{\"0\":\"background\",\"1\":\"rim\",\"2\":\"core\"},\"training\":["
            + training
            + "]}");
    Files.writeString(
        folder.resolve("splits.json"), "{\"train\":[\"c0\",\"c1\",\"c2\"],\"test\":[\"c3\"]}");
    return folder;
  }

  static Path image(Path folder, int i) {
    return folder.resolve("imagesTr/c" + i + ".nii.gz");
  }

  static Path label(Path folder, int i) {
    return folder.resolve("labelsTr/c" + i + ".nii.gz");
  }
}
