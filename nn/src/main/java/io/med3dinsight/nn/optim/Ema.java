package io.med3dinsight.nn.optim;

import io.med3dinsight.engine.op.BroadcastTo;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.EmaUpdate;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Exponential moving average of parameters, {@code e = d e + (1 - d) p}, with {@code d = min(decay,
 * (1 + step) / (10 + step))} so that the random start is soon forgotten. The decay depends on the
 * step alone, so that a resumed run continues exactly.
 */
public final class Ema implements AutoCloseable {
  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> averages = new LinkedHashMap<>();
  private final Scope scope = Scope.detached();
  private final double decay;

  /** 1 - decay of the next update [1]; null without parameters. */
  private Tensor part;

  /** Starts at the parameters' present values. */
  public Ema(Map<String, Tensor> parameters, double decay) {
    this.parameters = parameters;
    this.decay = decay;
    try (Scope s = Scope.open()) {
      parameters.forEach(
          (name, p) -> {
            Tensor copy = Eager.run1(new BroadcastTo(p.shape()), p.detach());
            averages.put(name, scope.adopt(copy));
            if (part == null) {
              part = scope.adopt(Tensor.zeros(p.device(), 1));
            }
          });
    }
  }

  /** Takes the parameters' present values into the average. */
  public void update(long step) {
    prepare(step);
    update();
  }

  /** Writes the decay of this step to the device. */
  public void prepare(long step) {
    float d = (float) Math.min(decay, (1.0 + step) / (10.0 + step));
    if (part != null) {
      part.copyFrom(new float[] {1 - d});
    }
  }

  /**
   * Queues the work of {@link #update(long)} with the decay last prepared; nothing in it changes
   * from step to step, so that it can be captured as a graph.
   */
  public void update() {
    if (part == null) {
      return;
    }
    List<Tensor> in = new ArrayList<>();
    in.add(part);
    parameters.forEach((name, p) -> in.addAll(List.of(averages.get(name), p)));
    Eager.run(new EmaUpdate(), in.toArray(new Tensor[0]));
  }

  /** Starts over at the parameters' present values, after they were replaced from outside. */
  public void reset() {
    parameters.forEach((name, p) -> averages.get(name).copyFrom(p.toFloats()));
  }

  /** The averages by parameter name. */
  public Map<String, Tensor> namedState() {
    return Collections.unmodifiableMap(averages);
  }

  /** The averages in the parameters' place, until the result is closed: for evaluation. */
  public Applied apply() {
    return new Applied();
  }

  /** Puts the trained parameters back when closed. */
  public final class Applied implements AutoCloseable {
    private final Map<String, float[]> trained = new LinkedHashMap<>();

    private Applied() {
      parameters.forEach(
          (name, p) -> {
            trained.put(name, p.toFloats());
            p.copyFrom(averages.get(name).toFloats());
          });
    }

    @Override
    public void close() {
      trained.forEach((name, values) -> parameters.get(name).copyFrom(values));
      trained.clear();
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
