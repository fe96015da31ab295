package io.med3dinsight.engine.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Owner of tensors: what an operation returns belongs to the innermost open scope of its thread and
 * is freed when that scope closes, unless {@link #keep} hands it to the scope outside. Long-lived
 * tensors, such as a model's parameters, belong to a {@link #detached} scope.
 *
 * <pre>{@code
 * try (Scope scope = Scope.open()) {
 *   Tensor y = model.apply(x);
 *   return y.toFloats();
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
  private static final ThreadLocal<Scope> INNERMOST = new ThreadLocal<>();

  private final Scope outer;
  private final boolean attached;
  private final List<Tensor> owned = new ArrayList<>();
  private boolean closed;

  private Scope(Scope outer, boolean attached) {
    this.outer = outer;
    this.attached = attached;
  }

  /** Opens a scope on this thread. */
  public static Scope open() {
    Scope s = new Scope(INNERMOST.get(), true);
    INNERMOST.set(s);
    return s;
  }

  /** A scope that receives only what is given to it by {@link #adopt}. */
  public static Scope detached() {
    return new Scope(null, false);
  }

  /**
   * The innermost open scope of this thread.
   *
   * @throws IllegalStateException when none is open
   */
  public static Scope current() {
    Scope s = INNERMOST.get();
    if (s == null) {
      throw new IllegalStateException(
          "no Scope is open on this thread: wrap the computation in try (Scope scope = Scope.open()) { ... }");
    }
    return s;
  }

  /** Runs {@code body} in a scope of its own and keeps only its result. */
  public static Tensor tidy(Supplier<Tensor> body) {
    try (Scope s = open()) {
      return s.keep(body.get());
    }
  }

  /**
   * Hands a tensor of this scope to the scope outside and returns it; a tensor of another scope
   * stays where it is.
   */
  public Tensor keep(Tensor t) {
    if (t.owner() != this) {
      return t;
    }
    if (outer == null) {
      throw new IllegalStateException(
          "no outer scope to keep the tensor in: copy it out with toFloats()");
    }
    return outer.adopt(t);
  }

  /** Makes this scope the tensor's owner. */
  public Tensor adopt(Tensor t) {
    Scope from = t.owner();
    if (from == this) {
      return t;
    }
    synchronized (owned) {
      if (closed) {
        throw new IllegalStateException(
            "the scope is closed: " + t.type() + " must go to one that is open");
      }
      owned.add(t);
    }
    if (from != null) {
      from.remove(t);
    }
    t.owner(this);
    return t;
  }

  private void remove(Tensor t) {
    synchronized (owned) {
      // The tensor handed out is nearly always the one made last.
      for (int i = owned.size() - 1; i >= 0; i--) {
        if (owned.get(i) == t) {
          owned.remove(i);
          return;
        }
      }
    }
  }

  /** Frees one tensor of this scope before the scope closes. */
  void free(Tensor t) {
    remove(t);
    t.release();
  }

  /** Number of tensors this scope owns. */
  public int size() {
    synchronized (owned) {
      return owned.size();
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (attached) {
      if (INNERMOST.get() != this) {
        throw new IllegalStateException(
            "scopes must be closed in the reverse order of opening, on their own thread");
      }
      if (outer == null) {
        INNERMOST.remove();
      } else {
        INNERMOST.set(outer);
      }
    }
    synchronized (owned) {
      closed = true;
      for (Tensor t : owned) {
        t.release();
      }
      owned.clear();
    }
  }
}
