package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.function.Arrangement;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Padding and rolling of floats and ints: one axis, several, none, zero sizes. */
final class ArrangementCases implements OpCaseSource {
  private final List<OpCase> cases = new ArrayList<>();

  @Override
  public List<OpCase> cases() {
    int[][][] pads = {
      {{}, {}, {}},
      {{5}, {0}, {0}},
      {{5}, {2}, {0}},
      {{5}, {0}, {3}},
      {{3, 4, 5}, {2, 0, 0}, {1, 0, 0}},
      {{3, 4, 5}, {0, 2, 0}, {0, 1, 0}},
      {{3, 4, 5}, {0, 0, 2}, {0, 0, 1}},
      {{2, 3, 4, 5, 3}, {0, 1, 0, 2, 0}, {0, 0, 3, 1, 0}},
      {{1, 17, 19, 23, 7}, {0, 1, 1, 1, 0}, {0, 1, 1, 1, 0}},
      {{0, 3}, {0, 1}, {0, 1}},
      {{0, 3}, {2, 1}, {1, 0}},
    };
    for (int[][] p : pads) {
      pad(p[0], p[1], p[2]);
    }
    // shape, shifts, axes
    int[][][] rolls = {
      {{}, {}, {}},
      {{7}, {2}, {0}},
      {{7}, {-9}, {0}},
      {{7}, {7}, {0}},
      {{1}, {5}, {0}},
      {{3, 4, 5}, {1}, {0}},
      {{3, 4, 5}, {-1, 2}, {1, -1}},
      {{3, 4, 5}, {1, 1}, {1, 1}},
      {{3, 4, 5}, {Integer.MIN_VALUE}, {2}},
      {{2, 5, 6, 7, 3}, {-2, -3, -3}, {1, 2, 3}},
      {{1, 16, 17, 18, 12}, {3, 0, -4}, {1, 2, 3}},
      {{0, 3}, {1, 1}, {0, 1}},
    };
    for (int[][] r : rolls) {
      roll(r[0], r[1], r[2]);
    }
    return cases;
  }

  private void pad(int[] shape, int[] before, int[] after) {
    String what = Shape.of(shape) + " by " + Arrays.toString(before) + Arrays.toString(after);
    cases.add(
        OpCase.of("pad " + what)
            .input(shape)
            .engine(in -> Arrangement.pad(in[0], before, after, 0.5f))
            .reference(in -> padded(in[0], before, after, 0.5)));
    cases.add(
        OpCase.of("pad ints " + what)
            .indices(9, shape)
            .noGradient()
            .engine(in -> Arrangement.pad(in[0], before, after, -1))
            .reference(in -> padded(in[0], before, after, -1)));
  }

  private void roll(int[] shape, int[] shifts, int[] axes) {
    String what =
        Shape.of(shape) + " by " + Arrays.toString(shifts) + " along " + Arrays.toString(axes);
    cases.add(
        OpCase.of("roll " + what)
            .input(shape)
            .engine(in -> Arrangement.roll(in[0], shifts, axes))
            .reference(in -> rolled(in[0], shifts, axes)));
    cases.add(
        OpCase.of("roll ints " + what)
            .indices(9, shape)
            .noGradient()
            .engine(in -> Arrangement.roll(in[0], shifts, axes))
            .reference(in -> rolled(in[0], shifts, axes)));
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

  private static Nd padded(Nd x, int[] before, int[] after, double value) {
    int[] e = x.shape.toArray();
    for (int a = 0; a < e.length; a++) {
      e[a] += before[a] + after[a];
    }
    Nd y = Nd.zeros(e).map(v -> value);
    for (int i = 0; i < x.data.length; i++) {
      int[] at = at(x.shape, i);
      for (int a = 0; a < at.length; a++) {
        at[a] += before[a];
      }
      y.set(x.data[i], at);
    }
    return y;
  }

  private static Nd rolled(Nd x, int[] shifts, int[] axes) {
    Nd y = x.copy();
    for (int i = 0; i < x.data.length; i++) {
      int[] at = at(x.shape, i);
      for (int j = 0; j < axes.length; j++) {
        int a = x.shape.axis(axes[j]);
        at[a] = (int) Math.floorMod((long) at[a] + shifts[j], (long) x.dim(a));
      }
      y.set(x.data[i], at);
    }
    return y;
  }
}
