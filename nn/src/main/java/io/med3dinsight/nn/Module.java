package io.med3dinsight.nn;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A part of a network that owns parameters, buffers and other modules. Names join with dots as in
 * PyTorch ({@code encoder.stage0.conv.weight}), in the order of registration. A module's tensors
 * live until {@link #close}.
 */
public abstract class Module implements AutoCloseable {
  /** A parameter or buffer with its axis order. */
  public record State(Tensor tensor, Layout layout) {}

  private final Setup setup;
  private final Scope scope = Scope.detached();
  private final Map<String, State> parameters = new LinkedHashMap<>();
  private final Map<String, State> buffers = new LinkedHashMap<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final Map<String, Module> children = new LinkedHashMap<>();
  private boolean training = true;

  protected Module(Setup setup) {
    this.setup = setup;
  }

  // ---- building

  /** Makes {@code child} part of this module. */
  protected final <M extends Module> M register(String name, M child) {
    checkName(name);
    children.put(name, child);
    return child;
  }

  /**
   * A trainable parameter, drawn by {@code init} with fans taken from the weight that it belongs
   * to.
   */
  protected final Tensor parameter(
      String name, Init init, Layout layout, long fanIn, long fanOut, int... extents) {
    checkName(name);
    Tensor t = fresh(init, fanIn, fanOut, extents).requireGrad();
    parameters.put(name, new State(t, layout));
    return t;
  }

  /** A trainable parameter whose initial values depend on no fan: norms, embeddings, queries. */
  protected final Tensor parameter(String name, Init init, int... extents) {
    return parameter(name, init, Layout.SAME, 1, 1, extents);
  }

  /** A tensor that is saved with the module but not trained, such as running statistics. */
  protected final Tensor buffer(String name, Init init, int... extents) {
    checkName(name);
    Tensor t = fresh(init, 1, 1, extents);
    buffers.put(name, new State(t, Layout.SAME));
    return t;
  }

  /**
   * Whole numbers that follow from the module's shape, such as the indices of relative positions.
   * PyTorch's files hold them, so they are written there and compared on loading, but they are no
   * state.
   */
  protected final Tensor constant(String name, int[] values, int... extents) {
    checkName(name);
    try (Scope s = Scope.open()) {
      Tensor t = scope.adopt(Tensor.of(setup.device(), values, extents));
      constants.put(name, t);
      return t;
    }
  }

  private Tensor fresh(Init init, long fanIn, long fanOut, int[] extents) {
    try (Scope s = Scope.open()) {
      Tensor t = Tensor.zeros(setup.device(), extents);
      float[] values = new float[t.size()];
      init.fill(values, fanIn, fanOut, setup.random());
      t.copyFrom(values);
      return scope.adopt(t);
    }
  }

  private void checkName(String name) {
    if (name.isEmpty() || name.contains(".") || name.contains("/")) {
      throw new IllegalArgumentException(
          "'"
              + name
              + "' cannot name a part of a module: it must not be empty nor hold '.' or '/'.");
    }
    if (parameters.containsKey(name)
        || buffers.containsKey(name)
        || constants.containsKey(name)
        || children.containsKey(name)) {
      throw new IllegalArgumentException(
          "'" + name + "' is registered twice in " + getClass().getSimpleName() + ".");
    }
  }

  // ---- running

  /**
   * The module's output for one input; what it computes on the way is freed. Modules with several
   * inputs or outputs have methods of their own.
   */
  public final Tensor call(Tensor x) {
    return Scope.tidy(() -> forward(x));
  }

  /** Computes the output; called by {@link #call} in a scope of its own. */
  protected Tensor forward(Tensor x) {
    throw new UnsupportedOperationException(
        getClass().getSimpleName()
            + " does not map one tensor to one tensor: use its own methods.");
  }

  /** Runs {@code body} in a scope of its own and keeps only its results. */
  protected static Tensor[] tidyAll(Supplier<Tensor[]> body) {
    try (Scope s = Scope.open()) {
      Tensor[] results = body.get();
      for (Tensor t : results) {
        s.keep(t);
      }
      return results;
    }
  }

  /**
   * Switches dropout and batch statistics between training and inference, here and in all children.
   */
  public final void train(boolean on) {
    training = on;
    children.values().forEach(c -> c.train(on));
  }

  public final boolean training() {
    return training;
  }

  // ---- contents

  public final Device device() {
    return setup.device();
  }

  /** Trainable tensors by name, this module's own before its children's. */
  public final Map<String, Tensor> namedParameters() {
    return tensors(true, false);
  }

  /** Saved but untrained tensors by name. */
  public final Map<String, Tensor> namedBuffers() {
    return tensors(false, true);
  }

  /** Parameters and buffers by name, with their axis orders: what a checkpoint holds. */
  public final Map<String, State> namedState() {
    Map<String, State> all = new LinkedHashMap<>();
    collect("", true, true, all);
    return Collections.unmodifiableMap(all);
  }

  /** Whole numbers that PyTorch keeps beside the parameters (I32), by name. */
  public final Map<String, Tensor> namedConstants() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    collectConstants("", all);
    return Collections.unmodifiableMap(all);
  }

  private void collectConstants(String prefix, Map<String, Tensor> into) {
    constants.forEach((name, t) -> into.put(prefix + name, t));
    children.forEach((name, c) -> c.collectConstants(prefix + name + ".", into));
  }

  private Map<String, Tensor> tensors(boolean trained, boolean untrained) {
    Map<String, State> all = new LinkedHashMap<>();
    collect("", trained, untrained, all);
    Map<String, Tensor> result = new LinkedHashMap<>();
    all.forEach((name, s) -> result.put(name, s.tensor()));
    return Collections.unmodifiableMap(result);
  }

  private void collect(String prefix, boolean trained, boolean untrained, Map<String, State> into) {
    if (trained) {
      parameters.forEach((name, s) -> into.put(prefix + name, s));
    }
    if (untrained) {
      buffers.forEach((name, s) -> into.put(prefix + name, s));
    }
    children.forEach((name, c) -> c.collect(prefix + name + ".", trained, untrained, into));
  }

  /** Direct children by name. */
  public final Map<String, Module> children() {
    return Collections.unmodifiableMap(children);
  }

  /** Number of trainable numbers. */
  public final long parameterCount() {
    long n = 0;
    for (Tensor t : namedParameters().values()) {
      n += t.size();
    }
    return n;
  }

  /** Frees all parameters and buffers, here and in all children. */
  @Override
  public void close() {
    children.values().forEach(Module::close);
    scope.close();
  }
}
