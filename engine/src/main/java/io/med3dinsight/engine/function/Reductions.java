package io.med3dinsight.engine.function;

import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Extremum;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * The largest and the smallest values along axes; sums and means are methods of {@link Tensor}. Of
 * equal values the first wins and gets all of the gradient; NaN wins over all others. Axes must not
 * be empty.
 */
public final class Reductions {
  private Reductions() {}

  /** The largest of all elements, a scalar. */
  public static Tensor max(Tensor x) {
    return reduce(x, true, false, IntStream.range(0, x.rank()).toArray());
  }

  /** The smallest of all elements, a scalar. */
  public static Tensor min(Tensor x) {
    return reduce(x, false, false, IntStream.range(0, x.rank()).toArray());
  }

  /** The largest over {@code axes}, which stay with extent 1 or go. */
  public static Tensor max(Tensor x, boolean keepDims, int... axes) {
    return reduce(x, true, keepDims, axes);
  }

  /** The smallest over {@code axes}, which stay with extent 1 or go. */
  public static Tensor min(Tensor x, boolean keepDims, int... axes) {
    return reduce(x, false, keepDims, axes);
  }

  /** Index of the largest along {@code axis}, I32, without that axis. */
  public static Tensor argMax(Tensor x, int axis) {
    Tensor where = Eager.run(new Extremum(axis, true), x)[1];
    return without(where, new boolean[x.rank()], axis);
  }

  /** Index of the smallest along {@code axis}, I32, without that axis. */
  public static Tensor argMin(Tensor x, int axis) {
    Tensor where = Eager.run(new Extremum(axis, false), x)[1];
    return without(where, new boolean[x.rank()], axis);
  }

  private static Tensor reduce(Tensor x, boolean largest, boolean keepDims, int[] axes) {
    boolean[] gone = new boolean[x.rank()];
    for (int a : axes) {
      gone[x.shape().axis(a)] = true;
    }
    Tensor y = x;
    // The last axis first: then the first of equals in row-major order wins.
    for (int a = x.rank() - 1; a >= 0; a--) {
      if (gone[a]) {
        Op op = new Extremum(a, largest);
        y = Eager.run(op, y)[0];
      }
    }
    return keepDims ? y : without(y, gone);
  }

  private static Tensor without(Tensor y, boolean[] gone, int... axes) {
    for (int a : axes) {
      gone[y.shape().axis(a)] = true;
    }
    return y.reshape(IntStream.range(0, y.rank()).filter(a -> !gone[a]).map(y::dim).toArray());
  }
}
