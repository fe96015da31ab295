package io.med3dinsight.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.training.GraphTraining;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning as a repeated CUDA graph, on the simulator, against the same without a graph. */
class FinetuneGraphTest {
  private static final int STEPS = 5;
  private static final SegmentationPlan PLAN =
      new SegmentationPlan(
          "balls",
          "MRI",
          new TreeMap<>(Map.of(0, "background", 1, "ball")),
          new Preprocessing(new Spacing(1, 1, 1), Normalization.none()),
          new PatchSize(8, 8, 8),
          new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, true));
  private static final FinetuneSettings SETTINGS =
      new FinetuneSettings(
          1,
          STEPS,
          1,
          1e-2,
          1,
          1e-2,
          12,
          0.8,
          2,
          0.5,
          0.3,
          1,
          FinetuneSettings.Start.ENCODER,
          Augmentation.none());

  @TempDir Path dir;

  private GraphTraining train(String name, boolean graphs) {
    Path folder = dir.resolve(name);
    Validation none =
        new Validation(PLAN, List.of(), InferenceOptions.standard(), folder.resolve("best"));
    return GraphTraining.of(
        folder,
        graphs,
        d -> new FinetuneStage(d, PLAN, SETTINGS, List.of(Balls.noisy("a", 12, 1)), none, 4));
  }

  @Test
  void aGraphGivesTheSameBitsWithoutTheHost() {
    GraphTraining plain = train("plain", false);
    GraphTraining graph = train("graph", true);
    plain.weights().forEach((n, p) -> assertArrayEquals(p, graph.weights().get(n), n));
    for (String metric : List.of("loss", "gradient_norm", "dice.train")) {
      assertArrayEquals(plain.records().of(metric), graph.records().of(metric), metric);
    }
    // Of five steps the host runs the first and records the second.
    assertTrue(graph.ops() < 0.5 * plain.ops(), graph.ops() + " of " + plain.ops());
    assertEquals(0, graph.active());
  }
}
