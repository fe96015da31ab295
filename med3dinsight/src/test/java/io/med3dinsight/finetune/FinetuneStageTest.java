package io.med3dinsight.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.nn.Layout;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.training.Records;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FinetuneStageTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final SegmentationPlan PLAN =
      new SegmentationPlan(
          "balls",
          "MRI",
          new TreeMap<>(Map.of(0, "background", 1, "ball")),
          new Preprocessing(new Spacing(1, 1, 1), Normalization.none()),
          new PatchSize(8, 8, 8),
          new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, true));

  private static FinetuneSettings settings(int validateEvery) {
    return new FinetuneSettings(
        6,
        5,
        2,
        1e-2,
        3,
        1e-2,
        12,
        0.8,
        2,
        0.5,
        0.3,
        validateEvery,
        FinetuneSettings.Start.ENCODER,
        Augmentation.none());
  }

  @TempDir Path dir;

  private Path best(Path folder) {
    return folder.resolve("checkpoints/finetune-best.safetensors");
  }

  private FinetuneStage stage(Path folder, int validateEvery) {
    Validation validation =
        new Validation(
            PLAN, List.of(Balls.noisy("v", 12, 9)), InferenceOptions.standard(), best(folder));
    return new FinetuneStage(
        DEVICE,
        PLAN,
        settings(validateEvery),
        List.of(Balls.noisy("a", 12, 1), Balls.noisy("b", 12, 2)),
        validation,
        4);
  }

  @Test
  void theLossFallsAndTheBallIsFound() {
    Records records = new Records();
    try (FinetuneStage stage = stage(dir, 4)) {
      assertTrue(records.train(stage, dir, false, 999));
      double[] loss = records.of("loss");
      assertEquals(6, loss.length);
      assertTrue(loss[5] < 0.6 * loss[0], Arrays.toString(loss));
      // Every fourth epoch and the last one.
      double[] dice = records.of("dice.validation");
      assertEquals(2, dice.length);
      assertTrue(dice[1] > 0.7, Arrays.toString(dice));
      assertEquals(
          Math.max(dice[0], dice[1]), stage.state().path("best_validation_dice").asDouble());
    }
  }

  @Test
  void averagedWeightsAreWhatIsValidatedAndKept() {
    Records records = new Records();
    try (FinetuneStage stage = stage(dir, 6)) {
      assertTrue(records.train(stage, dir, false, 999));
      assertEquals(1, records.of("dice.validation").length);
      // The network has its trained weights back after validation.
      Tensor trained = stage.trained().namedParameters().get("head0.weight");
      Tensor average = stage.ema().namedState().get("head0.weight");
      assertFalse(Arrays.equals(trained.toFloats(), average.toFloats()));
      Layout layout = stage.trained().namedState().get("head0.weight").layout();
      try (SafetensorsFile f = SafetensorsFile.open(best(dir))) {
        assertArrayEquals(
            layout.toTorch(average.toFloats(), average.shape()), f.floats("head0.weight"));
      }
    }
  }

  @Test
  void theBestSurvivesAResume() throws IOException {
    Path whole = dir.resolve("whole");
    Records expected = new Records();
    try (FinetuneStage stage = stage(whole, 1)) {
      assertTrue(expected.train(stage, whole, false, 999));
    }
    for (int stop : new int[] {3, 12, 25, 29}) {
      Path folder = dir.resolve("stop" + stop);
      Records records = new Records();
      double before;
      try (FinetuneStage stage = stage(folder, 1)) {
        assertFalse(records.train(stage, folder, false, stop));
        before = stage.state().path("best_validation_dice").asDouble();
        assertEquals(stop >= 5, before > 0);
      }
      try (FinetuneStage stage = stage(folder, 1)) {
        assertTrue(records.train(stage, folder, true, 999));
        assertTrue(stage.state().path("best_validation_dice").asDouble() >= before);
      }
      assertEquals(expected.lines(), records.lines());
      for (String file : List.of("finetune-best.safetensors", "finetune-last.safetensors")) {
        assertArrayEquals(
            Files.readAllBytes(whole.resolve("checkpoints").resolve(file)),
            Files.readAllBytes(folder.resolve("checkpoints").resolve(file)),
            file + " after a stop at " + stop);
      }
    }
  }
}
