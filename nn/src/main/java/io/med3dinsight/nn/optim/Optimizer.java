package io.med3dinsight.nn.optim;

import io.med3dinsight.engine.op.BroadcastTo;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.ScaleInPlace;
import io.med3dinsight.engine.op.SumOfSquares;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Changes parameters in place, given their gradients. The learning rate is passed to each step (see
 * {@link Schedule}); the whole state is {@link #namedState} and {@link #steps}, with which a
 * resumed run goes on to the same bits.
 *
 * <pre>{@code
 * Gradients g = tape.gradients(loss);
 * double norm = optimizer.step(g::of, schedule.at(optimizer.steps()), 12);
 * }</pre>
 */
public abstract class Optimizer implements AutoCloseable {
  private record Member(String name, Tensor parameter, ParameterGroup group) {}

  private final List<Member> members = new ArrayList<>();
  private final Map<String, Tensor> state = new LinkedHashMap<>();
  private final Scope scope = Scope.detached();
  private long steps;

  /**
   * @param slots names of the tensors kept per parameter, each of its shape and zero at the start
   */
  Optimizer(List<ParameterGroup> groups, String... slots) {
    for (ParameterGroup g : groups) {
      g.parameters().forEach((name, t) -> members.add(new Member(name, t, g)));
    }
    checkNames();
    try (Scope s = Scope.open()) {
      for (Member m : members) {
        for (String slot : slots) {
          Tensor zero = Tensor.zeros(m.parameter.device(), m.parameter.shape().toArray());
          state.put(slot + "/" + m.name, scope.adopt(zero));
        }
      }
    }
  }

  private void checkNames() {
    Set<String> names = new HashSet<>();
    for (Member m : members) {
      if (!names.add(m.name)) {
        throw new IllegalArgumentException("Parameter '" + m.name + "' is in two groups.");
      }
    }
  }

  /** Optimiser steps done. */
  public final long steps() {
    return steps;
  }

  /** Sets the number of steps done, on resuming. */
  public final void steps(long done) {
    steps = done;
  }

  /** Everything kept between steps, by {@code slot/parameter}. */
  public final Map<String, Tensor> namedState() {
    return Collections.unmodifiableMap(state);
  }

  /** {@link #step(UnaryOperator, double, double)} without clipping. */
  public final double step(UnaryOperator<Tensor> gradients, double rate) {
    return step(gradients, rate, Double.POSITIVE_INFINITY);
  }

  /**
   * Takes one step. Gradients may be scaled in place.
   *
   * @param gradients the gradient of each parameter; null leaves the parameter as it is
   * @param maxNorm gradients are scaled down together so that their global norm is at most this
   * @return the global norm of the gradients before clipping
   * @throws NonFiniteGradientException when it is not finite, naming a parameter; nothing is
   *     changed then
   */
  public final double step(UnaryOperator<Tensor> gradients, double rate, double maxNorm) {
    try (Scope s = Scope.open()) {
      List<Member> found = new ArrayList<>();
      List<Tensor> grads = new ArrayList<>();
      for (Member m : members) {
        Tensor g = gradients.apply(m.parameter);
        if (g != null) {
          found.add(m);
          grads.add(g);
        }
      }
      double norm = norm(grads.toArray(new Tensor[0]));
      if (!Double.isFinite(norm)) {
        throw nonFinite(found, grads);
      }
      // The small number is PyTorch's clip_grad_norm_.
      float factor = (float) Math.min(1, maxNorm / (norm + 1e-6));
      steps++;
      for (int i = 0; i < found.size(); i++) {
        Member m = found.get(i);
        update(m, scaled(grads.get(i), factor), rate * m.group.rateFactor());
      }
      return norm;
    }
  }

  private void update(Member m, Tensor gradient, double rate) {
    update(m.name, m.parameter, gradient, rate, m.group.weightDecay());
  }

  private NonFiniteGradientException nonFinite(List<Member> found, List<Tensor> grads) {
    for (int i = 0; i < found.size(); i++) {
      double norm = norm(grads.get(i));
      if (!Double.isFinite(norm)) {
        return new NonFiniteGradientException(
            "Step "
                + (steps + 1)
                + ": the gradient of '"
                + found.get(i).name
                + "' has norm "
                + norm
                + "; lower the learning rate or check the input for NaN.");
      }
    }
    return new NonFiniteGradientException(
        "Step " + (steps + 1) + ": the global gradient norm overflows; lower the learning rate.");
  }

  private static double norm(Tensor... gradients) {
    return gradients.length == 0 ? 0 : Math.sqrt(Eager.run1(new SumOfSquares(), gradients).item());
  }

  /**
   * In place only where nobody else sees the memory: two parameters that were added share one
   * gradient.
   */
  private static Tensor scaled(Tensor g, float factor) {
    if (factor == 1f) {
      return g;
    }
    Tensor own = g.exclusive() ? g : Eager.run1(new BroadcastTo(g.shape()), g);
    Eager.run(new ScaleInPlace(factor), own);
    return own;
  }

  /** Changes one parameter; {@link #steps} already counts this step. */
  abstract void update(
      String name, Tensor parameter, Tensor gradient, double rate, double weightDecay);

  final Tensor slot(String slot, String name) {
    return state.get(slot + "/" + name);
  }

  /** Frees the state. */
  @Override
  public void close() {
    scope.close();
  }
}
