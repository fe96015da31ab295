package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.function.Indexing;
import io.med3dinsight.engine.function.Reductions;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Gather, scatter-add, largest and smallest: every axis, odd, long and zero sizes. */
final class IndexCases implements OpCaseSource {
  private final List<OpCase> cases = new ArrayList<>();

  @Override
  public List<OpCase> cases() {
    // shape, axis, extent of the index along the axis
    int[][][] picks = {
      {{7}, {0}, {11}},
      {{1}, {0}, {1}},
      {{3, 5}, {0}, {2}},
      {{3, 5}, {1}, {9}},
      {{2, 3, 5, 4}, {1}, {4}},
      {{2, 3, 5, 4}, {-2}, {17}},
      {{3, 70, 257}, {1}, {33}},
      {{40, 3}, {0}, {20003}},
      {{0, 3}, {1}, {2}},
      {{4, 3}, {0}, {0}},
      {{4, 0, 3}, {2}, {5}},
    };
    for (int[][] p : picks) {
      pick(p[0], p[1][0], p[2][0]);
    }
    // shape, axes
    int[][][] reductions = {
      {{1}, {0}},
      {{7}, {0}},
      {{3, 5}, {0}},
      {{3, 5}, {1}},
      {{2, 3, 4, 5}, {1, -1}},
      {{2, 3, 4, 5}, {0, 1, 2, 3}},
      {{3, 40, 257}, {1}},
      {{2, 20001}, {-1}},
      {{0, 3}, {1}},
      {{3, 0, 2}, {0, 2}},
      {{3, 2}, {}},
    };
    for (int[][] r : reductions) {
      extremum(r[0], r[1]);
    }
    ties();
    return cases;
  }

  private void pick(int[] shape, int axis, int count) {
    Shape x = Shape.of(shape);
    int[] index = x.with(axis, count).toArray();
    String what = x + " along " + axis + " by " + count;
    cases.add(
        OpCase.of("gather " + what)
            .input(shape)
            .indices(Math.max(1, x.dim(axis)), index)
            .engine(in -> Indexing.gather(in[0], axis, in[1]))
            .reference(in -> gather(in[0], x.axis(axis), in[1])));
    cases.add(
        OpCase.of("scatter-add " + what)
            .input(shape)
            .indices(Math.max(1, x.dim(axis)), index)
            .input(index)
            .tolerance(1e-5, 2e-4, "sums of up to 500 floats")
            // Two ops, each of which rounds its result.
            .bf16(0x1p-7, 0x1.8p-8)
            .engine(in -> Indexing.scatterAdd(in[0], axis, in[1], in[2]))
            .reference(in -> scatter(in[0], x.axis(axis), in[1], in[2])));
  }

  private void extremum(int[] shape, int[] axes) {
    String what = Shape.of(shape) + " over " + Arrays.toString(axes);
    for (boolean keep : new boolean[] {false, true}) {
      cases.add(
          OpCase.of("max " + what + (keep ? ", kept" : ""))
              .input(distinct(shape))
              .step(1e-6)
              .engine(in -> Reductions.max(in[0], keep, axes))
              .reference(in -> reduce(in[0], 1, keep, axes)));
      cases.add(
          OpCase.of("min " + what + (keep ? ", kept" : ""))
              .input(distinct(shape))
              .step(1e-6)
              .engine(in -> Reductions.min(in[0], keep, axes))
              .reference(in -> reduce(in[0], -1, keep, axes)));
    }
    if (axes.length == 1) {
      int axis = Shape.of(shape).axis(axes[0]);
      cases.add(
          OpCase.of("argmax " + what)
              .input(distinct(shape))
              .noGradient()
              .engine(in -> Reductions.argMax(in[0], axes[0]))
              .reference(in -> winner(in[0], 1, axis)));
      cases.add(
          OpCase.of("argmin " + what)
              .input(distinct(shape))
              .noGradient()
              .engine(in -> Reductions.argMin(in[0], axes[0]))
              .reference(in -> winner(in[0], -1, axis)));
    }
  }

  /** The first of equals wins, and NaN before all others. */
  private void ties() {
    double nan = Double.NaN;
    Nd x = new Nd(Shape.of(4, 3), new double[] {2, 2, 1, 1, nan, nan, nan, 0, -1, 5, 6, 6});
    cases.add(
        OpCase.of("argmax of equals")
            .input(x)
            .noGradient()
            .engine(in -> Reductions.argMax(in[0], 1))
            .reference(in -> new Nd(Shape.of(4), new double[] {0, 1, 0, 1})));
    cases.add(
        OpCase.of("min with NaN")
            .input(x)
            .noGradient()
            .engine(in -> Reductions.min(in[0], false, 1))
            .reference(in -> new Nd(Shape.of(4), new double[] {1, nan, nan, 5})));
    cases.add(
        OpCase.of("max of all")
            .input(distinct(3, 4, 5))
            .engine(in -> Reductions.max(in[0]))
            .reference(in -> reduce(in[0], 1, false, new int[] {0, 1, 2})));
    cases.add(
        OpCase.of("min of a scalar")
            .input(new int[0])
            .engine(in -> Reductions.min(in[0]))
            .reference(in -> in[0].copy()));
  }

  /** Values far enough apart that a central difference never changes which one is largest. */
  private static Nd distinct(int... shape) {
    Nd x = Nd.zeros(shape);
    for (int i = 0; i < x.data.length; i++) {
      x.data[i] = (i * 7919L % 50021) / 25000.0 - 1;
    }
    return Nd.of(x.shape, x.floats());
  }

  private static int[] at(Shape s, int element) {
    int[] at = new int[s.rank()];
    int rest = element;
    for (int a = at.length - 1; a >= 0; a--) {
      at[a] = rest % s.dim(a);
      rest /= s.dim(a);
    }
    return at;
  }

  private static Nd gather(Nd x, int axis, Nd index) {
    Nd y = index.copy();
    for (int e = 0; e < y.data.length; e++) {
      int[] at = at(y.shape, e);
      at[axis] = (int) index.data[e];
      y.data[e] = x.get(at);
    }
    return y;
  }

  private static Nd scatter(Nd x, int axis, Nd index, Nd values) {
    Nd y = x.copy();
    for (int e = 0; e < values.data.length; e++) {
      int[] at = at(values.shape, e);
      at[axis] = (int) index.data[e];
      y.add(values.data[e], at);
    }
    return y;
  }

  private static Nd reduce(Nd x, int sign, boolean keep, int[] axes) {
    Shape kept = x.shape;
    for (int a : axes) {
      kept = kept.with(a, 1);
    }
    Nd y = new Nd(kept, new double[kept.size()]);
    Arrays.fill(y.data, -sign * Double.POSITIVE_INFINITY);
    for (int e = 0; e < x.data.length; e++) {
      int[] at = at(x.shape, e);
      for (int a : axes) {
        at[x.shape.axis(a)] = 0;
      }
      if (sign * x.data[e] > sign * y.get(at)) {
        y.set(x.data[e], at);
      }
    }
    return keep ? y : y.reshape(left(x.shape, axes));
  }

  private static int[] left(Shape s, int... axes) {
    boolean[] gone = new boolean[s.rank()];
    for (int a : axes) {
      gone[s.axis(a)] = true;
    }
    int[] e = s.toArray();
    int n = 0;
    for (int a = 0; a < e.length; a++) {
      if (!gone[a]) {
        e[n++] = e[a];
      }
    }
    return Arrays.copyOf(e, n);
  }

  private static Nd winner(Nd x, int sign, int axis) {
    Nd y = Nd.zeros(left(x.shape, axis));
    Nd best = reduce(x, sign, true, new int[] {axis});
    // Backwards: of equals the first is wanted.
    for (int e = x.data.length - 1; e >= 0; e--) {
      int[] at = at(x.shape, e);
      int k = at[axis];
      at[axis] = 0;
      if (x.data[e] == best.get(at)) {
        int o = 0;
        for (int a = 0; a < at.length; a++) {
          o = a == axis ? o : o * x.dim(a) + at[a];
        }
        y.data[o] = k;
      }
    }
    return y;
  }
}
