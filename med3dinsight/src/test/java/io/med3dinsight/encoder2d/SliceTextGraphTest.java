package io.med3dinsight.encoder2d;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.training.GraphTraining;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The slice-text encoder's training as a repeated CUDA graph, on the simulator. */
class SliceTextGraphTest {
  private static final SliceTextConfig CONFIG =
      new SliceTextConfig(8, 8, 1, 2, 16, 128, 6, 2, 2e-3, 0.05);

  @TempDir Path dir;

  private static SliceTextStage stage(Device device) {
    return new SliceTextStage(device, CONFIG, Blobs.of(26, 3).pairs(), 11);
  }

  @Test
  void aGraphGivesTheSameBitsWithoutTheHost() {
    GraphTraining plain = GraphTraining.of(dir.resolve("plain"), false, SliceTextGraphTest::stage);
    GraphTraining graph = GraphTraining.of(dir.resolve("graph"), true, SliceTextGraphTest::stage);
    plain.weights().forEach((n, p) -> assertArrayEquals(p, graph.weights().get(n), n));
    GraphTraining cpu =
        GraphTraining.train(dir.resolve("cpu"), Device.cpu(2), SliceTextGraphTest::stage);
    for (String metric : List.of("loss", "gradient_norm", "retrieval.top1")) {
      double[] values = graph.records().of(metric);
      assertArrayEquals(plain.records().of(metric), values, metric);
      assertArrayEquals(cpu.records().of(metric), values, 2e-3 * (1 + values[0]), metric);
    }
    // Of eight steps the host runs the first and records the second.
    assertTrue(graph.ops() < 0.4 * plain.ops(), graph.ops() + " of " + plain.ops());
    assertEquals(0, graph.active());
  }
}
