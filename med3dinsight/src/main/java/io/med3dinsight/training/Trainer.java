package io.med3dinsight.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.StepState;
import io.med3dinsight.nn.data.DataLoader;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.optim.NonFiniteGradientException;
import io.med3dinsight.progress.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * Trains one {@link Stage}. A run that was stopped or killed and resumed gives the same bits as one
 * that was not: batches depend on (seed, epoch, index) alone, and a checkpoint holds parameters,
 * optimiser, average, random streams, position and the epoch's means so far.
 *
 * @param <B> a batch in host memory
 */
public final class Trainer<B> {
  private static final int PREFETCH = 4;
  private static final String OPTIMIZER = "optimizer";
  private static final String EMA = "ema";
  private static final String METRICS = "metrics";
  private static final String STAGE = "stage";

  private final Stage<B> stage;
  private final TrainingContext context;
  private final Metrics metrics = new Metrics();
  private final long begin = System.nanoTime();
  private SampleKey next;
  private long saved;

  private Trainer(Stage<B> stage, TrainingContext context) {
    this.stage = stage;
    this.context = context;
    this.next = new SampleKey(stage.seed(), 0, 0);
  }

  /**
   * Trains until the stage's last epoch or until the context says stop, and leaves a checkpoint in
   * either case.
   *
   * @return whether the stage is complete
   * @throws UsageException when training diverges
   */
  public static <B> boolean run(Stage<B> stage, TrainingContext context) {
    return new Trainer<>(stage, context).run();
  }

  private boolean run() {
    Path last = context.lastCheckpoint(stage.name());
    if (context.resume() && Files.exists(last)) {
      restore(last);
    }
    context.metrics().rewind(stage.name(), stage.optimizer().steps());
    long total = (long) stage.epochs() * stage.stepsPerEpoch();
    long done = stage.optimizer().steps();
    if (done >= total || stage.endsEarly()) {
      return true;
    }
    stage.module().train(true);
    saved = System.nanoTime();
    boolean complete;
    try (Progress.Task task = context.progress().start(stage.name(), total - done, "steps");
        StepGraph<B> graph = new StepGraph<>(stage, context);
        DataLoader<B> loader =
            new DataLoader<>(stage.batches(), next, stage.stepsPerEpoch(), 1, PREFETCH)) {
      complete = loop(loader, graph, task, total);
    }
    save(last);
    return complete;
  }

  private boolean loop(DataLoader<B> loader, StepGraph<B> graph, Progress.Task task, long total) {
    while (stage.optimizer().steps() < total) {
      if (context.stop().getAsBoolean()) {
        return false;
      }
      DataLoader.Sample<B> sample = loader.next();
      double loss = step(sample.value(), graph);
      next = loader.position();
      task.message(String.format(Locale.ROOT, "loss %.4f", loss));
      task.step();
      if (sample.key().index() == stage.stepsPerEpoch() - 1) {
        endEpoch(sample.key().epoch());
        if (stage.endsEarly()) {
          return true;
        }
      }
      if (System.nanoTime() - saved > context.checkpointEvery().toNanos()) {
        save(context.lastCheckpoint(stage.name()));
      }
    }
    return true;
  }

  private double step(B batch, StepGraph<B> graph) {
    double rate = stage.schedule().at(stage.optimizer().steps());
    StepGraph.Numbers numbers = graph.run(batch, rate, metrics);
    if (numbers == null) {
      numbers = step(batch, rate);
    }
    metrics.add("loss", numbers.loss());
    metrics.add("gradient_norm", numbers.norm());
    metrics.add("learning_rate", rate);
    return numbers.loss();
  }

  private StepGraph.Numbers step(B batch, double rate) {
    long done = stage.optimizer().steps();
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor loss = stage.loss(batch, metrics);
      double value = loss.item();
      if (!Double.isFinite(value)) {
        throw new DivergenceException("the loss is " + value);
      }
      Gradients gradients = tape.gradients(loss);
      double norm = stage.optimizer().step(gradients::of, rate, stage.maxNorm());
      if (stage.ema() != null) {
        stage.ema().update(done);
      }
      return new StepGraph.Numbers(value, norm);
    } catch (NonFiniteGradientException e) {
      throw new UsageException("Stage " + stage.name() + " diverged. " + e.getMessage(), e);
    } catch (DivergenceException e) {
      throw new UsageException(
          "Stage "
              + stage.name()
              + " diverged. Step "
              + (done + 1)
              + ": "
              + e.getMessage()
              + "; lower the learning rate or check the input for NaN.",
          e);
    }
  }

  private void endEpoch(int epoch) {
    stage.endEpoch(epoch, metrics);
    stage.module().train(true);
    double seconds = (System.nanoTime() - begin) * 1e-9;
    context
        .metrics()
        .write(stage.name(), epoch, stage.optimizer().steps(), seconds, metrics.means());
    metrics.clear();
  }

  // ---- checkpoints

  private void save(Path file) {
    StepState position = StepState.of(stage.optimizer().steps(), next, stage.randomStreams());
    ObjectNode state = position.toJson();
    state.set(METRICS, metrics.toJson());
    state.set(STAGE, stage.state());
    Checkpoint.Writer writer =
        Checkpoint.writer(stage.network())
            .module(stage.module())
            .section(OPTIMIZER, stage.optimizer().namedState())
            .state(state);
    if (stage.ema() != null) {
      writer.section(EMA, stage.ema().namedState());
    }
    writer.write(file);
    saved = System.nanoTime();
  }

  private void restore(Path file) {
    try (Checkpoint c = Checkpoint.open(file)) {
      c.restore(stage.module(), stage.network());
      c.restoreSection(OPTIMIZER, stage.optimizer().namedState(), stage.module());
      Map<String, Tensor> averages = stage.ema() == null ? Map.of() : stage.ema().namedState();
      c.restoreSection(EMA, averages, stage.module());
      StepState position = StepState.fromJson(c.state());
      if (position.next().seed() != stage.seed()) {
        throw new UsageException(
            "Checkpoint '"
                + file
                + "' was written with seed "
                + position.next().seed()
                + ", but this run has seed "
                + stage.seed()
                + "; resume with the seed of the original run.");
      }
      position.restore(stage.randomStreams());
      stage.optimizer().steps(position.step());
      next = position.next();
      metrics.restore(c.state().path(METRICS));
      stage.restoreState(c.state().path(STAGE));
    }
  }
}
