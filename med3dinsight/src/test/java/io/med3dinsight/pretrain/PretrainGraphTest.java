package io.med3dinsight.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.training.GraphTraining;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pretraining as a repeated CUDA graph, on the simulator: the same bits as without a graph, and the
 * CPU's numbers.
 */
class PretrainGraphTest {
  private static final List<String> METRICS =
      List.of(
          "loss",
          "gradient_norm",
          "loss.image",
          "loss.text",
          "loss.reconstruction",
          "retrieval.image",
          "retrieval.text");

  @TempDir Path dir;

  /** With a queue, recording begins when it is full: here after two of eight steps. */
  @ParameterizedTest
  @CsvSource({
    "partial_ot,all,0,0.4",
    "infonce,all,4,0.7",
    "triplet,hard,0,0.4",
  })
  void aGraphGivesTheSameBitsWithoutTheHost(
      String alignment, String negatives, int queue, double share) {
    PretrainSettings settings =
        PretrainStageTest.with(
            CropBatchesTest.settings(1, 2, 0.3, 1, 1, 1),
            "pretrain.epochs=1",
            "pretrain.stepsPerEpoch=8",
            "pretrain.alignment=" + alignment,
            "pretrain.negatives=" + negatives,
            "pretrain.queue=" + queue);
    GraphTraining plain = run("plain", false, settings);
    GraphTraining graph = run("graph", true, settings);
    for (Map.Entry<String, float[]> e : plain.weights().entrySet()) {
      assertArrayEquals(e.getValue(), graph.weights().get(e.getKey()), e.getKey());
    }
    GraphTraining cpu =
        GraphTraining.train(
            dir.resolve("cpu"), Device.cpu(2), d -> PretrainStageTest.stage(d, settings, 1));
    for (String metric : METRICS) {
      double[] values = graph.records().of(metric);
      assertEquals(1, values.length, metric);
      assertArrayEquals(plain.records().of(metric), values, metric);
      assertArrayEquals(cpu.records().of(metric), values, 2e-3 * (1 + values[0]), metric);
    }
    assertTrue(graph.ops() < share * plain.ops(), graph.ops() + " of " + plain.ops());
    assertEquals(0, graph.active());
  }

  private GraphTraining run(String name, boolean graphs, PretrainSettings settings) {
    return GraphTraining.of(
        dir.resolve(name), graphs, d -> PretrainStageTest.stage(d, settings, 1));
  }
}
