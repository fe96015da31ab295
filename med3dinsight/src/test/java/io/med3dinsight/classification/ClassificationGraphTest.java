package io.med3dinsight.classification;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.training.GraphTraining;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fine-tuning for classification as a repeated CUDA graph, on the simulator: the same bits as
 * without a graph, dropout included, and the CPU's numbers.
 */
class ClassificationGraphTest {
  private static final List<String> METRICS = List.of("loss", "gradient_norm", "accuracy.train");

  @TempDir Path dir;

  private static ClassificationStage stage(Device device, Path folder) {
    ClassificationSettings settings = Blobs.settings(1, 0).withSteps(5);
    assertTrue(settings.dropout() > 0, "the head draws random numbers");
    return new ClassificationStage(
        device,
        Blobs.plan(Blobs.UNET, Blobs.EXTENT),
        settings,
        Blobs.images(12, Blobs.EXTENT, 1),
        Blobs.images(0, Blobs.EXTENT, 2),
        folder.resolve("best.safetensors"),
        4);
  }

  private GraphTraining train(String name, boolean graphs) {
    Path folder = dir.resolve(name);
    return GraphTraining.of(folder, graphs, d -> stage(d, folder));
  }

  @Test
  void aGraphGivesTheSameBitsWithoutTheHost() {
    GraphTraining plain = train("plain", false);
    GraphTraining graph = train("graph", true);
    plain.weights().forEach((n, p) -> assertArrayEquals(p, graph.weights().get(n), n));
    Path folder = dir.resolve("cpu");
    GraphTraining cpu = GraphTraining.train(folder, Device.cpu(2), d -> stage(d, folder));
    for (String metric : METRICS) {
      double[] values = graph.records().of(metric);
      assertEquals(1, values.length, metric);
      assertArrayEquals(plain.records().of(metric), values, metric);
      assertArrayEquals(cpu.records().of(metric), values, 2e-3 * (1 + values[0]), metric);
    }
    // Of five steps the host runs the first and records the second.
    assertTrue(graph.ops() < 0.5 * plain.ops(), graph.ops() + " of " + plain.ops());
    assertEquals(0, graph.active());
  }
}
