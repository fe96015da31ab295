package io.med3dinsight.finetune;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.dataset.Augmentation;
import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.inference.InferenceOptions;
import io.med3dinsight.inference.SegmentationPlan;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import io.med3dinsight.network.UNetConfig;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.training.Records;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import io.med3dinsight.volume.Normalization;
import io.med3dinsight.volume.Preprocessing;
import io.med3dinsight.volume.Spacing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
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

  /** Counts the ops that the host runs. */
  private static final class Counting extends CudaBackend {
    private int ops;

    Counting() {
      super(
          new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2)),
          CudaOptions.DEFAULT.ownKernels());
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
      ops++;
      super.execute(op, inputs, outputs);
    }
  }

  private record Trained(Map<String, float[]> weights, Records records, int ops, long active) {}

  private Trained train(String name, boolean graphs) {
    System.setProperty("med3dinsight.cuda.graphs", Boolean.toString(graphs));
    Counting cuda = new Counting();
    Device device = Device.of(cuda);
    Records records = new Records();
    Map<String, float[]> weights = new LinkedHashMap<>();
    Path folder = dir.resolve(name);
    Validation none =
        new Validation(PLAN, List.of(), InferenceOptions.standard(), folder.resolve("best"));
    try (FinetuneStage stage =
        new FinetuneStage(device, PLAN, SETTINGS, List.of(Balls.noisy("a", 12, 1)), none, 4)) {
      TrainingContext context =
          new TrainingContext(
              folder, device, false, Duration.ofHours(1), records, Progress.NONE, () -> false);
      assertTrue(Trainer.run(stage, context));
      stage.trained().namedParameters().forEach((n, p) -> weights.put(n, p.toFloats()));
      stage.ema().namedState().forEach((n, p) -> weights.put("ema/" + n, p.toFloats()));
    } finally {
      System.clearProperty("med3dinsight.cuda.graphs");
    }
    return new Trained(weights, records, cuda.ops, cuda.memory().active());
  }

  @Test
  void aGraphGivesTheSameBitsWithoutTheHost() {
    Trained plain = train("plain", false);
    Trained graph = train("graph", true);
    plain.weights.forEach((n, p) -> assertArrayEquals(p, graph.weights.get(n), n));
    for (String metric : List.of("loss", "gradient_norm", "dice.train")) {
      assertArrayEquals(plain.records.of(metric), graph.records.of(metric), metric);
    }
    // Of five steps the host runs the first and records the second.
    assertTrue(graph.ops < 0.5 * plain.ops, graph.ops + " of " + plain.ops);
    assertEquals(0, graph.active);
  }
}
