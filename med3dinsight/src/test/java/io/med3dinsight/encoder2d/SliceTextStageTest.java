package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.training.MetricsSink;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SliceTextStageTest {
  private static final Device DEVICE = Device.cpu(2);

  @TempDir Path dir;

  /** Keeps what the loop writes, epoch by epoch. */
  private static final class Kept implements MetricsSink {
    final List<Map<String, Double>> epochs = new ArrayList<>();

    @Override
    public void write(String stage, int epoch, long step, double s, Map<String, Double> values) {
      epochs.add(new LinkedHashMap<>(values));
    }

    @Override
    public void rewind(String stage, long step) {
      // Nothing was written after a checkpoint of these tests.
    }
  }

  private static TrainingContext context(
      Path folder, boolean resume, MetricsSink metrics, BooleanSupplier stop) {
    return new TrainingContext(
        folder, DEVICE, resume, Duration.ofHours(1), metrics, Progress.NONE, stop);
  }

  @Test
  void learnsToFindTheTextOfSlicesThatItNeverSaw() {
    Blobs held = Blobs.of(60, 99);
    Path file = dir.resolve("encoder.safetensors");
    Kept metrics = new Kept();
    try (SliceTextStage stage =
        new SliceTextStage(DEVICE, Blobs.CONFIG, Blobs.of(120, 1).pairs(), 5)) {
      stage.save(file);
      try (CompactSliceTextEncoder untrained = CompactSliceTextEncoder.load(file, DEVICE)) {
        assertTrue(kindsFound(untrained, held) < 0.5);
      }
      assertTrue(Trainer.run(stage, context(dir, false, metrics, () -> false)));
      stage.save(file);
    }
    try (CompactSliceTextEncoder encoder = CompactSliceTextEncoder.load(file, DEVICE)) {
      Retrieval after = Retrieval.of(encoder, held.slices(), held.texts());
      assertTrue(after.texts() >= 40, after.toString());
      assertTrue(after.top5() > 0.9, after.toString());
      // Texts of blobs on the same side of the same plane differ in fine print only.
      assertTrue(kindsFound(encoder, held) > 0.95);
    }
    Map<String, Double> last = metrics.epochs.get(Blobs.CONFIG.epochs() - 1);
    assertTrue(last.get("loss") < 0.7 * metrics.epochs.get(0).get("loss"), last.toString());
    assertTrue(last.get("retrieval.top1") > 0.5, last.toString());
  }

  /** Share of slices whose nearest text is one of a slice of their plane with the blob there. */
  private static double kindsFound(SliceTextEncoder encoder, Blobs b) {
    float[][] slices = encoder.embedSlices(b.slices());
    float[][] texts = encoder.embedTexts(b.texts());
    int hits = 0;
    for (int i = 0; i < slices.length; i++) {
      int best = 0;
      for (int j = 1; j < texts.length; j++) {
        best = dot(slices[i], texts[j]) > dot(slices[i], texts[best]) ? j : best;
      }
      hits += best % Blobs.KINDS == i % Blobs.KINDS ? 1 : 0;
    }
    return (double) hits / slices.length;
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  @Test
  void aStoppedRunGoesOnToTheSameBits() {
    Kept whole = new Kept();
    Kept parts = new Kept();
    Map<String, float[]> expected = train(dir.resolve("whole"), false, whole, Integer.MAX_VALUE);
    assertEquals(3, whole.epochs.size());
    Path folder = dir.resolve("parts");
    // Four steps an epoch: the run stops within the second.
    Map<String, float[]> middle = train(folder, false, parts, 6);
    assertFalse(Arrays.equals(expected.get("logit_scale"), middle.get("logit_scale")));
    Map<String, float[]> resumed = train(folder, true, parts, Integer.MAX_VALUE);
    assertEquals(expected.keySet(), resumed.keySet());
    expected.forEach((name, values) -> assertArrayEquals(values, resumed.get(name), name));
    assertEquals(whole.epochs, parts.epochs);
  }

  /** Trains at most {@code steps} steps and returns the weights. */
  private static Map<String, float[]> train(
      Path folder, boolean resume, MetricsSink sink, int steps) {
    SliceTextConfig c = new SliceTextConfig(8, 8, 1, 2, 16, 128, 6, 3, 2e-3, 0.05);
    int[] asked = {0};
    try (SliceTextStage stage = new SliceTextStage(DEVICE, c, Blobs.of(26, 3).pairs(), 11)) {
      assertEquals(4, stage.stepsPerEpoch());
      boolean complete =
          Trainer.run(stage, context(folder, resume, sink, () -> asked[0]++ >= steps));
      assertEquals(steps == Integer.MAX_VALUE, complete);
      Map<String, float[]> weights = new LinkedHashMap<>();
      stage.module().namedParameters().forEach((n, t) -> weights.put(n, t.toFloats()));
      return weights;
    }
  }

  @Test
  void oneTextIsNotEnough() {
    SliceTextPair pair = new SliceTextPair(new float[256], Plane.AXIAL, "the same");
    UsageException e =
        assertThrows(
            UsageException.class,
            () -> new SliceTextStage(DEVICE, Blobs.CONFIG, List.of(pair, pair), 1).close());
    assertEquals(
        "the slice-text encoder was given 2 slices with 1 different texts: expected at least 2;"
            + " describe more slices.",
        e.getMessage());
  }

  @Test
  void settingsThatCannotBeUsedAreRefused() {
    refused("encoder2d.width is 12: expected a positive multiple of 8.", 12, 8, 2, 16, 1e-3);
    refused(
        "encoder2d.textWidth is 9: expected a multiple of the number of heads, 2.",
        8,
        9,
        2,
        16,
        1e-3);
    refused("encoder2d.thumbnail is 20: expected a positive multiple of 8.", 8, 8, 2, 20, 1e-3);
    refused("encoder2d.learningRate is NaN: expected a positive number.", 8, 8, 2, 16, Double.NaN);
  }

  private static void refused(
      String message, int width, int textWidth, int heads, int thumbnail, double rate) {
    UsageException e =
        assertThrows(
            UsageException.class,
            () -> new SliceTextConfig(width, textWidth, 1, heads, thumbnail, 9, 6, 3, rate, 0));
    assertEquals(message, e.getMessage());
  }
}
