package io.med3dinsight.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.network.UNet;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.ProbabilityMaps;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbabilityMapsTest {
  private static final SegmentationPlan PLAN = TinyModel.plan();
  private static UNet network;

  @TempDir private Path folder;

  @BeforeAll
  static void build() {
    network = TinyModel.network(Device.cpu());
  }

  @AfterAll
  static void free() {
    network.close();
  }

  @Test
  void probabilitiesSumToOneAndTheirLargestIsTheLabel() {
    SegmentationPlan plan = TinyModel.plan(new PatchSize(8, 12, 10), new Spacing(0.8, 0.9, 1.3));
    Affine turned = Affine.of(0, -1, 0, 7, 1, 0, 0, -4, 0, 0, -1.3, 12);
    Volume file = TinyModel.volume(Grid.of(11, 13, 9, turned), 4);
    InferenceOptions asked = new InferenceOptions(0.5, false, 1, KeepComponents.ALL, true);
    Segmentation found = new Segmenter(plan, network, asked).run(file, Progress.NONE, () -> false);
    assertEquals(3, found.probabilities().classes());
    List<Volume> maps = List.of(map(found, 0), map(found, 1), map(found, 2));
    int[] labels = found.labels().labels();
    for (int i = 0; i < labels.length; i++) {
      double sum = 0;
      for (int c = 0; c < 3; c++) {
        float p = maps.get(c).voxels()[i];
        sum += p;
        assertTrue(p <= maps.get(labels[i]).voxels()[i]);
      }
      assertEquals(1, sum, 1e-6);
    }
    assertEquals(file.grid(), maps.get(0).grid());
    assertTrue(found.times().network() > 0 && found.times().prepare() > 0);
    found.close();
    assertThrows(DataException.class, () -> map(found, 0));
    Segmenter plain = new Segmenter(plan, network, InferenceOptions.standard());
    assertEquals(0, plain.run(file, Progress.NONE, () -> false).probabilities().classes());

    // Strips and flips put the same numbers into the same places.
    Segmenter strips = new Segmenter(plan, network, asked);
    strips.limitScores(4 * ScoreSlab.rowBytes(9, 15, 3));
    try (Segmentation again = strips.run(List.of(file), folder, Progress.NONE, () -> false)) {
      for (int c = 0; c < 3; c++) {
        assertArrayEquals(maps.get(c).voxels(), map(again, c).voxels());
      }
    }
  }

  private static Volume map(Segmentation found, int c) {
    return found.probabilities().map(c);
  }

  @Test
  void probabilitiesLeaveNoFileAndSayWhenTheDiskIsTooSmall() throws IOException {
    InferenceOptions asked = new InferenceOptions(0.5, false, 1, KeepComponents.ALL, true);
    Segmenter segmenter = new Segmenter(PLAN, network, asked);
    Volume volume = TinyModel.volume(9, 15, 20, 1);
    segmenter.run(List.of(volume), folder, Progress.NONE, () -> false).close();
    assertThrows(
        CancellationException.class,
        () -> segmenter.run(List.of(volume), folder, Progress.NONE, () -> true));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
    Grid large = Grid.of(1200, 1200, 1200, Affine.scaling(1, 1, 1));
    DataException e =
        assertThrows(DataException.class, () -> ProbabilityMaps.create(large, 1 << 20, folder));
    assertTrue(e.getMessage().contains("1048576 classes at 1728000000 voxels"), e.getMessage());
    assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
  }
}
