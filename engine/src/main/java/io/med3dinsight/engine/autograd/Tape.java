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

    void free() {
      freeAll(inputs);
      freeAll(outputs);
      freeAll(grads);
    }
  }

  private final Tape outer;
  private final List<Node> nodes = new ArrayList<>();

  private Tape(Tape outer) {
    this.outer = outer;
  }

  /** Opens a tape on this thread; a tape that was open is set aside until this one closes. */
  public static Tape open() {
    Tape t = new Tape(CURRENT.get());
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

  private Object source(Tensor t) {
    if (t.origin() != null && t.origin().node.tape == this) {
      return t.origin();
    }
    return t.requiresGrad() ? t : null;
  }

  /**
   * Gradients of a scalar with respect to every leaf that requires one; they belong to the current
   * scope. The tape is spent.
   *
   * @throws ShapeException when {@code loss} is not a scalar
   */
  public Gradients gradients(Tensor loss) {
    if (loss.size() != 1) {
      throw new ShapeException("gradients are taken of a scalar, but the loss is " + loss.type());
    }
    return gradients(loss, Tensor.full(loss.device(), 1f, loss.shape().toArray()));
  }

  /** Gradients of {@code sum(seed * y)}; {@code seed} has the shape of {@code y}. */
  public Gradients gradients(Tensor y, Tensor seed) {
    Map<Tensor, Tensor> leaves = new IdentityHashMap<>();
    Object source = source(y);
    if (source != null) {
      accumulate(source, seed, leaves);
      int last = source instanceof Origin o ? o.node.index : -1;
      paused(() -> sweep(last, leaves));
    }
    for (Tensor g : leaves.values()) {
      Scope.current().adopt(g);
    }
    return new Gradients(leaves);
  }

  private void sweep(int last, Map<Tensor, Tensor> leaves) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      Node node = nodes.get(i);
      if (i <= last && hasAny(node.grads)) {
        try (Scope scope = Scope.open()) {
          step(node, leaves);
        }
      }
      node.free();
    }
    nodes.clear();
  }

  private static void step(Node node, Map<Tensor, Tensor> leaves) {
    Tensor[] incoming = node.grads.clone();
    Tensor[] result =
        node.op instanceof Checkpointing.Segment s
            ? s.backward(node, incoming, leaves)
            : node.op.gradient(new Backward(node, incoming));
    for (int j = 0; j < node.sources.length; j++) {
      if (node.sources[j] != null && result[j] != null) {
        if (!result[j].shape().equals(node.inputTypes[j].shape())) {
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

  static void accumulate(Object source, Tensor gradient, Map<Tensor, Tensor> leaves) {
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
    for (Node n : nodes) {
      n.free();
    }
    nodes.clear();
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
