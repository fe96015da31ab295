package io.med3dinsight.nn.optim;

import io.med3dinsight.engine.op.ClipFactor;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.SumOfSquares;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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
 *
 * <p>A step has three parts. {@link #prepare} writes what changes from step to step (learning rate,
 * corrections of the moments) to small tensors on the device. {@link #update} queues the work, one
 * op for all parameters of a group: the gradients' norm, the factor that clips them, the change of
 * the parameters; it reads nothing back and takes no number that changes, so that it can be
 * captured as a graph. {@link #finish} reads the norm and counts the step. To replay a captured
 * step, prepare, launch the graph, finish.
 */
public abstract class Optimizer implements AutoCloseable {
  private record Member(String name, Tensor parameter, int group) {}

  private final List<ParameterGroup> groups;
  private final List<Member> members = new ArrayList<>();
  private final Map<String, Tensor> state = new LinkedHashMap<>();

  /** What {@link #prepare} writes, for each group; none for a group without parameters. */
  private final Map<Integer, Tensor> values = new TreeMap<>();

  private final Scope scope = Scope.detached();
  private long steps;

  /**
   * @param count numbers that change from step to step
   * @param slots names of the tensors kept per parameter, each of its shape and zero at the start
   */
  Optimizer(List<ParameterGroup> groups, int count, String... slots) {
    this.groups = List.copyOf(groups);
    for (int i = 0; i < groups.size(); i++) {
      int group = i;
      groups.get(i).parameters().forEach((name, t) -> members.add(new Member(name, t, group)));
    }
    checkNames();
    try (Scope s = Scope.open()) {
      for (Member m : members) {
        for (String slot : slots) {
          Tensor zero = Tensor.zeros(m.parameter.device(), m.parameter.shape().toArray());
          state.put(slot + "/" + m.name, scope.adopt(zero));
        }
        if (!values.containsKey(m.group)) {
          values.put(m.group, scope.adopt(Tensor.zeros(m.parameter.device(), count)));
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
   * Takes one step.
   *
   * @param gradients the gradient of each parameter; null leaves the parameter as it is
   * @param maxNorm gradients are scaled down together so that their global norm is at most this
   * @return the global norm of the gradients before clipping
   * @throws NonFiniteGradientException when it is not finite, naming a parameter; nothing is
   *     changed then
   */
  public final double step(UnaryOperator<Tensor> gradients, double rate, double maxNorm) {
    try (Scope s = Scope.open()) {
      prepare(rate);
      return finish(update(gradients, maxNorm), gradients);
    }
  }

  /** Writes the numbers of the step that comes next to the device. */
  public final void prepare(double rate) {
    values.forEach(
        (group, t) -> {
          ParameterGroup g = groups.get(group);
          t.copyFrom(values(rate * g.rateFactor(), g.weightDecay(), steps + 1));
        });
  }

  /**
   * Queues the work of one step, with the numbers last prepared. Where the gradients' norm is not
   * finite, nothing is changed.
   *
   * @param gradients the gradient of each parameter; null leaves the parameter as it is
   * @param maxNorm gradients are scaled down together so that their global norm is at most this
   * @return the squared global norm of the gradients before clipping [], for {@link #finish}
   */
  public final Tensor update(UnaryOperator<Tensor> gradients, double maxNorm) {
    List<Tensor> all = new ArrayList<>();
    Map<Integer, List<Tensor>> tuples = new TreeMap<>();
    for (Member m : members) {
      Tensor g = gradients.apply(m.parameter);
      if (g != null) {
        all.add(g);
        tuples
            .computeIfAbsent(m.group, k -> new ArrayList<>())
            .addAll(tuple(m.name, m.parameter, g));
      }
    }
    if (all.isEmpty()) {
      return Tensor.zeros(members.isEmpty() ? Device.cpu() : members.get(0).parameter.device());
    }
    Tensor squared = Eager.run1(new SumOfSquares(), all.toArray(new Tensor[0]));
    Tensor clip = Eager.run1(new ClipFactor(maxNorm), squared);
    tuples.forEach(
        (group, tensors) -> {
          tensors.addAll(0, List.of(values.get(group), clip));
          Eager.run(op(groups.get(group).weightDecay()), tensors.toArray(new Tensor[0]));
        });
    return squared;
  }

  /**
   * Reads the norm and counts the step.
   *
   * @param squaredNorm what {@link #update} returned
   * @param gradients those of the update, to say which one is not finite
   * @return the global norm of the gradients before clipping
   * @throws NonFiniteGradientException when it is not finite, naming a parameter; the step is not
   *     counted then
   */
  public final double finish(Tensor squaredNorm, UnaryOperator<Tensor> gradients) {
    double norm = Math.sqrt(squaredNorm.item());
    if (!Double.isFinite(norm)) {
      throw nonFinite(gradients);
    }
    steps++;
    return norm;
  }

  private NonFiniteGradientException nonFinite(UnaryOperator<Tensor> gradients) {
    try (Scope s = Scope.open()) {
      for (Member m : members) {
        Tensor g = gradients.apply(m.parameter);
        double norm = g == null ? 0 : Math.sqrt(Eager.run1(new SumOfSquares(), g).item());
        if (!Double.isFinite(norm)) {
          return new NonFiniteGradientException(
              "Step "
                  + (steps + 1)
                  + ": the gradient of '"
                  + m.name
                  + "' has norm "
                  + norm
                  + "; lower the learning rate or check the input for NaN.");
        }
      }
    }
    return new NonFiniteGradientException(
        "Step " + (steps + 1) + ": the global gradient norm overflows; lower the learning rate.");
  }

  /** The first input of {@link #op} in this step, counted from 1. */
  abstract float[] values(double rate, double weightDecay, long step);

  /** Changes all parameters of a group. */
  abstract Op op(double weightDecay);

  /** What {@link #op} takes for each parameter. */
  abstract List<Tensor> tuple(String name, Tensor parameter, Tensor gradient);

  final Tensor slot(String slot, String name) {
    return state.get(slot + "/" + name);
  }

  /** Frees the state. */
  @Override
  public void close() {
    scope.close();
  }
}
