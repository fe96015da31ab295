package io.med3dinsight.engine.autograd;

import io.med3dinsight.engine.op.Add;
import io.med3dinsight.engine.op.AddInPlace;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.Saved;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Record of the ops run while it is open, for reverse-mode differentiation. An op is recorded when
 * one of its inputs requires a gradient or was computed from one that does. A saved tensor is
 * dropped once its op's gradient has run.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open(); Tape tape = Tape.open()) {
 *   Tensor loss = f(parameters);
 *   Gradients g = tape.gradients(loss);
 * }
 * }</pre>
 */
public final class Tape implements AutoCloseable {
  private static final ThreadLocal<Tape> CURRENT = new ThreadLocal<>();

  /** Where a tensor comes from: output {@code output} of the op recorded as {@code node}. */
  public static final class Origin {
    private final Node node;
    private final int output;

    private Origin(Node node, int output) {
      this.node = node;
      this.output = output;
    }
  }

  static final class Node {
    final Tape tape;
    final int index;
    final Op op;
    final Device device;
    final TensorType[] inputTypes;
    final TensorType[] outputTypes;
    final Tensor[] inputs;
    final Tensor[] outputs;

    /**
     * For each input an {@link Origin}, a leaf {@link Tensor}, or null where no gradient is asked
     * for.
     */
    final Object[] sources;

    /** Gradients of the outputs gathered so far. */
    final Tensor[] grads;

    /** Whether its gradient has been taken. */
    boolean spent;

    Node(Tape tape, int index, Op op, Tensor[] in, Tensor[] out, Object[] sources) {
      this.tape = tape;
      this.index = index;
      this.op = op;
      this.device = in[0].device();
      this.sources = sources;
      this.grads = new Tensor[out.length];
      Saved saved = op.saved();
      inputTypes = new TensorType[in.length];
      inputs = new Tensor[in.length];
      for (int i = 0; i < in.length; i++) {
        inputTypes[i] = in[i].type();
        inputs[i] = saved.hasInput(i) ? in[i].share() : null;
      }
      outputTypes = new TensorType[out.length];
      outputs = new Tensor[out.length];
      for (int i = 0; i < out.length; i++) {
        outputTypes[i] = out[i].type();
        outputs[i] = saved.hasOutput(i) ? out[i].share() : null;
      }
    }

    void spend() {
      spent = true;
      freeAll(inputs);
      freeAll(outputs);
      freeAll(grads);
    }
  }

  private final Tape outer;

  /** The tape that a recomputed segment is a part of, or null. */
  private final Tape whole;

  /** What the tensors that take the place of a segment's inputs stand for: an origin or a leaf. */
  private final Map<Tensor, Object> standIns;

  private final List<Node> nodes = new ArrayList<>();
  private boolean closed;

  private Tape(Tape outer, Tape whole, Map<Tensor, Object> standIns) {
    this.outer = outer;
    this.whole = whole;
    this.standIns = standIns;
  }

  /** Opens a tape on this thread; a tape that was open is set aside until this one closes. */
  public static Tape open() {
    return open(null, Map.of());
  }

  /**
   * Opens a tape that records a segment of {@code whole} again: gradients that reach tensors from
   * outside the segment go where they would have gone without it.
   */
  static Tape open(Tape whole, Map<Tensor, Object> standIns) {
    Tape t = new Tape(CURRENT.get(), whole, standIns);
    CURRENT.set(t);
    return t;
  }

  /** The tape that records on this thread, or null. */
  public static Tape current() {
    return CURRENT.get();
  }

  /** Runs {@code body} without recording. */
  public static void paused(Runnable body) {
    Tape tape = CURRENT.get();
    CURRENT.remove();
    try {
      body.run();
    } finally {
      if (tape != null) {
        CURRENT.set(tape);
      }
    }
  }

  /** Writes an op down, if a gradient can flow through it; called by {@link Eager}. */
  public void record(Op op, Tensor[] in, Tensor[] out) {
    Object[] sources = new Object[in.length];
    boolean tracked = false;
    for (int i = 0; i < in.length; i++) {
      sources[i] = source(in[i]);
      tracked |= sources[i] != null;
    }
    if (tracked && out.length > 0) {
      write(op, in, out, sources);
    }
  }

  /** Writes down a segment, whose parameters are not among its inputs. */
  void record(Checkpointing.Segment segment, Tensor[] in, Tensor[] out) {
    Object[] sources = new Object[in.length];
    for (int i = 0; i < in.length; i++) {
      sources[i] = source(in[i]);
    }
    write(segment, in, out, sources);
  }

  private void write(Op op, Tensor[] in, Tensor[] out, Object[] sources) {
    Node node = new Node(this, nodes.size(), op, in, out, sources);
    nodes.add(node);
    for (int i = 0; i < out.length; i++) {
      out[i].origin(new Origin(node, i));
    }
  }

  /** Where a gradient with respect to {@code t} goes; null where nobody asks for it. */
  private Object source(Tensor t) {
    Object standsFor = standIns.get(t);
    if (standsFor != null) {
      return standsFor;
    }
    Origin o = t.origin();
    if (o != null && !o.node.spent) {
      for (Tape tape = this; tape != null; tape = tape.whole) {
        if (o.node.tape == tape) {
          return o;
        }
      }
    }
    return t.requiresGrad() ? t : null;
  }

  /**
   * Gradients of a scalar with respect to every leaf that requires one; they belong to the current
   * scope. What was recorded is spent: the tensors count as constants from then on.
   *
   * @throws ShapeException when {@code loss} is not a scalar
   * @throws IllegalStateException when the gradients have been taken already
   */
  public Gradients gradients(Tensor loss) {
    if (loss.size() != 1) {
      throw new ShapeException("gradients are taken of a scalar, but the loss is " + loss.type());
    }
    Tensor one = Tensor.full(loss.device(), 1f, loss.shape().toArray());
    return gradients(loss, one.cast(loss.dtype()));
  }

  /** Gradients of {@code sum(seed * y)}; {@code seed} has the shape of {@code y}. */
  public Gradients gradients(Tensor y, Tensor seed) {
    if (!seed.type().equals(y.type())) {
      throw new ShapeException(
          "the seed of gradients has the type of the result, " + y.type() + ", not " + seed.type());
    }
    Map<Tensor, Tensor> leaves = new IdentityHashMap<>();
    try {
      backward(y, seed, leaves);
    } finally {
      for (Tensor g : leaves.values()) {
        Scope.current().adopt(g);
      }
    }
    return new Gradients(leaves);
  }

  /** Adds gradients of {@code sum(seed * y)} to those gathered in {@code leaves}. */
  void backward(Tensor y, Tensor seed, Map<Tensor, Tensor> leaves) {
    if (y.origin() != null && y.origin().node.tape == this && y.origin().node.spent) {
      throw new IllegalStateException(
          "gradients were taken on this tape already, and what it recorded is gone: compute "
              + y.type()
              + " again, or take one gradient of the sum of both losses");
    }
    Object source = source(y);
    if (source != null) {
      accumulate(source, seed, leaves);
      int last = source instanceof Origin o && o.node.tape == this ? o.node.index : -1;
      paused(() -> sweep(last, leaves));
    }
  }

  private void sweep(int last, Map<Tensor, Tensor> leaves) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (i <= last && hasAny(node.grads)) {
        try (Scope scope = Scope.open()) {
          step(node, leaves);
        }
      }
      node.spend();
    }
    nodes.clear();
  }

  private static void step(Node node, Map<Tensor, Tensor> leaves) {
    Tensor[] incoming = node.grads.clone();
    if (node.op instanceof Checkpointing.Segment s) {
      s.backward(node, incoming[0], leaves);
      return;
    }
    Tensor[] result = node.op.gradient(new Backward(node, incoming));
    for (int j = 0; j < node.sources.length; j++) {
      if (node.sources[j] != null && result[j] != null) {
        if (!result[j].type().equals(node.inputTypes[j])) {
          throw new IllegalStateException(
              node.op
                  + " returned a gradient "
                  + result[j].type()
                  + " for input "
                  + j
                  + " of "
                  + node.inputTypes[j]);
        }
        accumulate(node.sources[j], result[j], leaves);
      }
    }
  }

  private static void accumulate(Object source, Tensor gradient, Map<Tensor, Tensor> leaves) {
    if (source instanceof Origin o) {
      o.node.grads[o.output] = sum(o.node.grads[o.output], gradient);
    } else {
      Tensor leaf = (Tensor) source;
      leaves.put(leaf, sum(leaves.get(leaf), gradient));
    }
  }

  /** Adds to an unowned handle, in place where nobody else sees the memory. */
  private static Tensor sum(Tensor sofar, Tensor gradient) {
    if (sofar == null) {
      return gradient.share();
    }
    if (sofar.exclusive()) {
      Eager.run(new AddInPlace(), sofar, gradient);
      return sofar;
    }
    try (Scope scope = Scope.open()) {
      Tensor fresh = Eager.run1(new Add(), sofar, gradient).share();
      sofar.free();
      return fresh;
    }
  }

  private static boolean hasAny(Tensor[] ts) {
    for (Tensor t : ts) {
      if (t != null) {
        return true;
      }
    }
    return false;
  }

  private static void freeAll(Tensor[] ts) {
    for (int i = 0; i < ts.length; i++) {
      if (ts[i] != null) {
        ts[i].free();
        ts[i] = null;
      }
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (CURRENT.get() != this) {
      throw new IllegalStateException(
          "tapes must be closed in the reverse order of opening, on their own thread");
    }
    closed = true;
    for (Node n : nodes) {
      n.spend();
    }
    nodes.clear();
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
