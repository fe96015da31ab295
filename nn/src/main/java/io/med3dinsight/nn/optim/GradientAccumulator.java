package io.med3dinsight.nn.optim;

import io.med3dinsight.engine.op.AddInPlace;
import io.med3dinsight.engine.op.BroadcastTo;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.ScaleInPlace;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Averages the gradients of several small batches, for a step as from one large batch.
 *
 * <pre>{@code
 * for (...) { accumulator.add(tape.gradients(loss)::of); }
 * optimizer.step(accumulator.mean(), rate);
 * accumulator.clear();
 * }</pre>
 */
public final class GradientAccumulator implements AutoCloseable {
  private final List<Tensor> parameters;
  private final Map<Tensor, Tensor> sums = new IdentityHashMap<>();
  private Scope scope = Scope.detached();
  private int count;
  private boolean averaged;

  public GradientAccumulator(Collection<Tensor> parameters) {
    this.parameters = List.copyOf(parameters);
  }

  /** Adds the gradients of one small batch; they are copied. */
  public void add(UnaryOperator<Tensor> gradients) {
    if (averaged) {
      throw new IllegalStateException("the mean was taken already: clear() the accumulator first");
    }
    try (Scope s = Scope.open()) {
      for (Tensor p : parameters) {
        Tensor g = gradients.apply(p);
        Tensor sum = sums.get(p);
        if (g != null && sum == null) {
          sums.put(p, scope.adopt(Eager.run1(new BroadcastTo(g.shape()), g)));
        } else if (g != null) {
          Eager.run(new AddInPlace(), sum, g);
        }
      }
    }
    count++;
  }

  /** The mean of what was added, valid until {@link #clear}. */
  public UnaryOperator<Tensor> mean() {
    if (!averaged && count > 1) {
      sums.values().forEach(t -> Eager.run(new ScaleInPlace(1f / count), t));
    }
    averaged = true;
    return sums::get;
  }

  /** Starts over. */
  public void clear() {
    scope.close();
    scope = Scope.detached();
    sums.clear();
    count = 0;
    averaged = false;
  }

  @Override
  public void close() {
    clear();
  }
}
