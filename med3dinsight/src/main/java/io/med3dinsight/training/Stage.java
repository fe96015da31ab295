package io.med3dinsight.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.nn.optim.Ema;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.Schedule;
import java.util.Map;

/**
 * What one stage of a run trains, and on what. Everything that a step depends on besides the batch
 * must be reachable from here, so that a checkpoint holds it all.
 *
 * @param <B> a batch in host memory
 */
public interface Stage<B> extends AutoCloseable {
  /** Name in metrics, progress and file names, such as {@code pretrain}. */
  String name();

  /** Which network this is; a checkpoint of another one is refused. */
  Network network();

  /** What is trained. */
  Module module();

  Optimizer optimizer();

  Schedule schedule();

  /** Gradients are scaled down together to at most this norm; infinity for no bound. */
  double maxNorm();

  /** Moving average of the parameters, or null for none. */
  default Ema ema() {
    return null;
  }

  /** Random streams that steps draw from, by name. */
  default Map<String, Rng> randomStreams() {
    return Map.of();
  }

  /** What else a resumed run must know, such as the best score so far. */
  default ObjectNode state() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** Takes back what {@link #state} gave. */
  default void restoreState(JsonNode state) {}

  /** Where batches come from; batches of an epoch are numbered from 0. */
  SampleSource<B> batches();

  int stepsPerEpoch();

  int epochs();

  /** Seed of the batches. */
  long seed();

  /**
   * The loss of one batch, a scalar; called with a tape and a scope open.
   *
   * @param metrics numbers of this step to be averaged over the epoch; the loss itself is added by
   *     the loop
   */
  Tensor loss(B batch, Metrics metrics);

  /**
   * The same step in three parts, for a CUDA device to repeat as one graph; null when batches
   * differ in shape or the host takes part in the middle.
   */
  default DeviceStep<B> deviceStep() {
    return null;
  }

  /**
   * Called after the last step of an epoch, before its metrics are written.
   *
   * @param metrics receives numbers of the whole epoch, such as validation scores
   */
  default void endEpoch(int epoch, Metrics metrics) {}

  /**
   * Whether training ends with this epoch, before the last one; asked after {@link #endEpoch}, and
   * again when a finished stage is resumed.
   */
  default boolean endsEarly() {
    return false;
  }

  @Override
  void close();
}
