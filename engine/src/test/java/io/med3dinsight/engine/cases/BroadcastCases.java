package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.Add;
import io.med3dinsight.engine.op.AddInPlace;
import io.med3dinsight.engine.op.BroadcastTo;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.SumTo;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;

/** Broadcasting and its gradient. */
final class BroadcastCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][][] pairs = {
      {{}, {}},
      {{7}, {7}},
      {{3, 1, 5}, {4, 1}},
      {{2, 3, 4, 5}, {5}},
      {{1}, {17, 33}},
      {{2, 1, 3}, {2, 5, 1}},
      {{0, 3}, {3}},
      {{40001}, {40001}}
    };
    for (int[][] p : pairs) {
      c.add(
          OpCase.of("add " + Shape.of(p[0]) + " " + Shape.of(p[1]))
              .input(p[0])
              .input(p[1])
              .engine(in -> Eager.run1(new Add(), in))
              .reference(in -> Nd.zip(in[0], in[1], Double::sum)));
    }
    int[][][] sums = {
      {{4, 5}, {1}},
      {{4, 5}, {5}},
      {{4, 5}, {4, 1}},
      {{2, 3, 4, 5}, {3, 1, 5}},
      {{3, 40000}, {3, 1}},
      {{20000, 3}, {3}},
      {{0, 3}, {3}}
    };
    for (int[][] p : sums) {
      Shape to = Shape.of(p[1]);
      c.add(
          OpCase.of("sum " + Shape.of(p[0]) + " to " + to)
              .input(p[0])
              .engine(in -> Eager.run1(new SumTo(to), in))
              .reference(in -> sumTo(in[0], to)));
      c.add(
          OpCase.of("broadcast " + to + " to " + Shape.of(p[0]))
              .input(p[1])
              .engine(in -> Eager.run1(new BroadcastTo(Shape.of(p[0])), in))
              .reference(in -> in[0].broadcast(Shape.of(p[0]))));
    }
    c.add(
        OpCase.of("add in place")
            .input(33)
            .input(33)
            .noGradient()
            .engine(
                in -> {
                  Tensor copy = Tensor.of(in[0].device(), in[0].toFloats(), 33);
                  Tensor a = copy.cast(in[0].dtype());
                  Eager.run(new AddInPlace(), a, in[1]);
                  return a;
                })
            .reference(in -> Nd.zip(in[0], in[1], Double::sum)));
    return c;
  }

  private static Nd sumTo(Nd x, Shape to) {
    Nd y = new Nd(to, new double[to.size()]);
    for (int i = 0; i < x.data.length; i++) {
      int rest = i;
      int o = 0;
      int stride = 1;
      for (int axis = 1; axis <= x.shape.rank(); axis++) {
        int at = rest % x.dim(-axis);
        rest /= x.dim(-axis);
        if (axis <= to.rank()) {
          o += (to.dim(-axis) == 1 ? 0 : at) * stride;
          stride *= to.dim(-axis);
        }
      }
      y.data[o] += x.data[i];
    }
    return y;
  }
}
