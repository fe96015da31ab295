package io.med3dinsight.training;

import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import io.med3dinsight.nn.optim.Schedule;
import java.util.List;

/**
 * Training with labels: AdamW with a cosine schedule, a moving average of the weights, and batches
 * that all have the same shape.
 *
 * @param <B> a batch in host memory
 * @param <M> the network that is trained
 */
public abstract class SupervisedStage<B, M extends Module> implements Stage<B> {
  private final M module;
  private final Recipe recipe;
  private final long seed;
  private final Optimizer optimizer;
  private final Ema ema;
  private final Scope inputs = Scope.detached();

  /**
   * @param module owned by this stage from now on
   * @param emaDecay of the moving average of the weights
   * @param seed of the batches
   */
  protected SupervisedStage(M module, Recipe recipe, double emaDecay, long seed) {
    this.module = module;
    this.recipe = recipe;
    this.seed = seed;
    optimizer = Adam.adamW(ParameterGroup.decayMatricesOnly(module, recipe.weightDecay()));
    ema = new Ema(module.namedParameters(), emaDecay);
  }

  /** Keeps a tensor that batches are loaded into until the stage is closed. */
  protected final Tensor input(Tensor t) {
    return inputs.adopt(t);
  }

  /** A step in the three parts that {@link #loss} runs one after the other. */
  @Override
  public abstract DeviceStep<B> deviceStep();

  /**
   * Starts the moving average over at the network's present weights: after pretrained ones have
   * been copied into it.
   */
  public final void weightsReplaced() {
    ema.reset();
  }

  @Override
  public final M module() {
    return module;
  }

  @Override
  public final Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public final Schedule schedule() {
    return recipe.schedule();
  }

  @Override
  public final double maxNorm() {
    return recipe.maxNorm();
  }

  @Override
  public final Ema ema() {
    return ema;
  }

  @Override
  public final int stepsPerEpoch() {
    return recipe.stepsPerEpoch();
  }

  @Override
  public final int epochs() {
    return recipe.epochs();
  }

  @Override
  public final long seed() {
    return seed;
  }

  /** Whether validation is due: after the last epoch, and after every n-th. */
  protected final boolean validates(int epoch, int every) {
    return epoch == recipe.epochs() - 1 || (epoch + 1) % every == 0;
  }

  @Override
  public final Tensor loss(B batch, Metrics metrics) {
    DeviceStep<B> step = deviceStep();
    step.load(batch);
    List<Tensor> outputs = step.compute();
    step.report(batch, outputs, metrics);
    return outputs.get(0);
  }

  @Override
  public void close() {
    inputs.close();
    ema.close();
    optimizer.close();
    module.close();
  }
}
