package io.med3dinsight.training;

import io.med3dinsight.engine.tensor.Tensor;
import java.util.List;

/**
 * A stage's step cut where the host comes in, for stages whose batches all have the same shape:
 * what goes to the device, what runs there without the host, and what is read back. A CUDA device
 * then records the middle once and repeats it.
 *
 * @param <B> a batch in host memory
 */
public interface DeviceStep<B> {
  /** Copies a batch into the tensors that {@link #compute} reads, the same in each step. */
  void load(B batch);

  /** The loss, then what {@link #report} reads; with a tape and a scope open. */
  List<Tensor> compute();

  /**
   * Whether the step that comes next has the shapes of all that follow: false while something still
   * fills.
   */
  default boolean settled() {
    return true;
  }

  /** Adds numbers of this step, given what {@link #compute} returned. */
  void report(B batch, List<Tensor> outputs, Metrics metrics);
}
