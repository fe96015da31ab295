package io.med3dinsight.training;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cuda.CapturedStep;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.NotCapturableException;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.optim.Optimizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats a stage's whole step - forward, backward, clipping, optimiser, average - as one CUDA
 * graph. The first step of settled shapes runs as it is, so that kernels are loaded and algorithms
 * chosen; the second is recorded. A stage or device for which that is impossible is trained
 * without.
 *
 * @param <B> a batch in host memory
 */
final class StepGraph<B> implements AutoCloseable {
  /** {@code false} trains without graphs. */
  static final String PROPERTY = "med3dinsight.cuda.graphs";

  private static final Logger LOG = LoggerFactory.getLogger(StepGraph.class);

  /**
   * Numbers of a step.
   *
   * @param norm of the gradients before clipping
   */
  record Numbers(double loss, double norm) {}

  private final Stage<B> stage;
  private final DeviceStep<B> step;
  private final CudaBackend cuda;
  private CapturedStep captured;
  private boolean warm;
  private boolean possible;

  StepGraph(Stage<B> stage, TrainingContext context) {
    this.stage = stage;
    this.step = stage.deviceStep();
    boolean wanted = Boolean.parseBoolean(System.getProperty(PROPERTY, "true"));
    this.cuda = context.device().backend() instanceof CudaBackend c && wanted ? c : null;
    this.possible = cuda != null && step != null;
    if (cuda != null && step == null) {
      LOG.info("{}: steps need the host, so they are not recorded as a graph", stage.name());
    }
  }

  /**
   * Takes a step, or does nothing and returns null where the caller has to: in the first steps,
   * where recording is impossible, and where the gradients are not finite, so that the caller's
   * step says which.
   */
  Numbers run(B batch, double rate, Metrics metrics) {
    if (!possible || !warm) {
      warm = step != null && step.settled();
      return null;
    }
    if (captured == null && !record()) {
      return null;
    }
    Optimizer optimizer = stage.optimizer();
    step.load(batch);
    optimizer.prepare(rate);
    if (stage.ema() != null) {
      stage.ema().prepare(optimizer.steps());
    }
    Map<Rng, Long> before = new LinkedHashMap<>();
    stage.randomStreams().values().forEach(r -> before.put(r, r.position()));
    captured.run();
    List<Tensor> all = captured.results();
    double loss = all.get(1).item();
    if (!Double.isFinite(all.get(0).item()) || !Double.isFinite(loss)) {
      // The caller's step draws the same numbers again.
      before.forEach(Rng::position);
      return null;
    }
    double norm = optimizer.finish(all.get(0), p -> null);
    step.report(batch, all.subList(1, all.size()), metrics);
    return new Numbers(loss, norm);
  }

  private boolean record() {
    try {
      captured =
          CapturedStep.capture(cuda, List.copyOf(stage.randomStreams().values()), this::wholeStep);
      LOG.info(
          "{}: steps run as one CUDA graph, {} MiB reserved for it",
          stage.name(),
          captured.reservedBytes() >> 20);
    } catch (NotCapturableException e) {
      possible = false;
      LOG.info("{}: steps run without a CUDA graph: {}", stage.name(), e.getMessage());
    }
    return possible;
  }

  /** The squared norm of the gradients, the loss, and what the stage reports from. */
  private List<Tensor> wholeStep() {
    try (Tape tape = Tape.open()) {
      List<Tensor> outputs = step.compute();
      Gradients gradients = tape.gradients(outputs.get(0));
      List<Tensor> all = new ArrayList<>();
      all.add(stage.optimizer().update(gradients::of, stage.maxNorm()));
      all.addAll(outputs);
      if (stage.ema() != null) {
        stage.ema().update();
      }
      return all;
    }
  }

  @Override
  public void close() {
    if (captured != null) {
      captured.close();
    }
  }
}
