package io.med3dinsight.training;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import io.med3dinsight.progress.Progress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * What training a stage on the simulator leaves behind, with or without a CUDA graph.
 *
 * @param weights parameters, buffers and averages by name
 * @param ops that the host ran
 * @param active bytes of device memory still in use at the end
 */
public record GraphTraining(Map<String, float[]> weights, Records records, int ops, long active) {
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

  /** Trains the stage that {@code make} makes for the simulated device. */
  public static GraphTraining of(
      Path folder, boolean graphs, Function<Device, ? extends Stage<?>> make) {
    System.setProperty(StepGraph.PROPERTY, Boolean.toString(graphs));
    Counting cuda = new Counting();
    try {
      GraphTraining done = train(folder, Device.of(cuda), make);
      return new GraphTraining(done.weights, done.records, cuda.ops, cuda.memory().active());
    } finally {
      System.clearProperty(StepGraph.PROPERTY);
    }
  }

  /** The same on a device of any kind; ops and memory are not looked at. */
  public static GraphTraining train(
      Path folder, Device device, Function<Device, ? extends Stage<?>> make) {
    Records records = new Records();
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (Stage<?> stage = make.apply(device)) {
      assertTrue(
          Trainer.run(
              stage,
              new TrainingContext(
                  folder,
                  device,
                  false,
                  Duration.ofHours(1),
                  records,
                  Progress.NONE,
                  () -> false)));
      stage.module().namedState().forEach((n, s) -> weights.put(n, s.tensor().toFloats()));
      if (stage.ema() != null) {
        stage.ema().namedState().forEach((n, p) -> weights.put("ema/" + n, p.toFloats()));
      }
    }
    return new GraphTraining(weights, records, 0, 0);
  }
}
