package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/** Arithmetic element by element, and ops that move elements. */
final class ArithmeticCases implements OpCaseSource {
  private final List<OpCase> cases = new ArrayList<>();

  @Override
  public List<OpCase> cases() {
    unary("affine", t -> t.mul(3f).add(0.5f), v -> 3 * v + 0.5, -1, 1);
    unary("square", Tensor::square, v -> v * v, -1, 1);
    unary("sqrt", Tensor::sqrt, Math::sqrt, 0.1, 3);
    unary("exp", Tensor::exp, Math::exp, -3, 3);
    unary("log", Tensor::log, Math::log, 0.1, 5);
    unary("tanh", Tensor::tanh, Math::tanh, -3, 3);
    unary("sigmoid", Tensor::sigmoid, v -> 1 / (1 + Math.exp(-v)), -5, 5);
    unary("leaky relu", t -> t.leakyRelu(0.1f), v -> v > 0 ? v : 0.1f * v, -1, 1);
    unary("clamp", t -> t.clamp(-0.5f, 0.25f), v -> Math.min(Math.max(v, -0.5), 0.25), -1, 1);
    binary("sub", (a, b) -> a.sub(b), (a, b) -> a - b);
    binary("mul", (a, b) -> a.mul(b), (a, b) -> a * b);
    binary("div", (a, b) -> a.div(b), (a, b) -> a / b);
    moves();
    return cases;
  }

  private void unary(
      String name, UnaryOperator<Tensor> f, DoubleUnaryOperator g, double low, double high) {
    for (int[] shape : new int[][] {{}, {0}, {1}, {3, 17}, {40001}}) {
      cases.add(
          OpCase.of(name + " " + Shape.of(shape))
              .inputIn(low, high, shape)
              .step(1e-6)
              .engine(in -> f.apply(in[0]))
              .reference(in -> in[0].map(g)));
    }
  }

  private void binary(
      String name, java.util.function.BinaryOperator<Tensor> f, DoubleBinaryOperator g) {
    int[][][] shapes = {{{5}, {5}}, {{2, 3}, {3}}, {{4, 1, 3}, {2, 1}}, {{1}, {33}}, {{0, 3}, {3}}};
    for (int[][] s : shapes) {
      cases.add(
          OpCase.of(name + " " + Shape.of(s[0]) + " " + Shape.of(s[1]))
              .input(s[0])
              .inputIn(0.5, 2, s[1])
              .engine(in -> f.apply(in[0], in[1]))
              .reference(in -> Nd.zip(in[0], in[1], g)));
    }
  }

  private void moves() {
    int[][] orders = {{1, 0}, {0, 2, 1, 3}, {3, 0, 2, 1}, {0, 1, 2}};
    int[][] shapes = {{3, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}, {2, 0, 3}};
    for (int i = 0; i < orders.length; i++) {
      int[] order = orders[i];
      cases.add(
          OpCase.of("permute " + Shape.of(shapes[i]) + " " + Shape.of(order))
              .input(shapes[i])
              .engine(in -> in[0].permute(order))
              .reference(in -> permute(in[0], order)));
    }
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      cases.add(
          OpCase.of("slice axis " + axis)
              .input(4, 5, 6)
              .engine(in -> in[0].slice(a, 1, 3))
              .reference(in -> window(in[0], a, 1, 2)));
      int[] other = {4, 5, 6};
      other[axis] = 2;
      cases.add(
          OpCase.of("concat axis " + axis)
              .input(4, 5, 6)
              .input(other)
              .engine(in -> Tensor.concat(a, in[0], in[1]))
              .reference(in -> concat(in[0], in[1], a)));
    }
    cases.add(
        OpCase.of("slice of nothing")
            .input(4, 5)
            .engine(in -> in[0].slice(1, 2, 2))
            .reference(in -> window(in[0], 1, 2, 0)));
    cases.add(
        OpCase.of("concat with nothing")
            .input(4, 0)
            .input(4, 3)
            .engine(in -> Tensor.concat(-1, in[0], in[1]))
            .reference(in -> concat(in[0], in[1], 1)));
    cases.add(
        OpCase.of("embedding")
            .input(7, 3)
            .indices(7, 2, 5)
            .engine(in -> io.med3dinsight.engine.function.Indexing.embedding(in[0], in[1]))
            .reference(ArithmeticCases::embed));
  }

  private static Nd embed(Nd[] in) {
    Nd y = Nd.zeros(2, 5, 3);
    for (int i = 0; i < 10; i++) {
      for (int c = 0; c < 3; c++) {
        y.data[i * 3 + c] = in[0].get((int) in[1].data[i], c);
      }
    }
    return y;
  }

  private static Nd permute(Nd x, int[] order) {
    int[] e = new int[order.length];
    for (int i = 0; i < e.length; i++) {
      e[i] = x.dim(order[i]);
    }
    Nd y = Nd.zeros(e);
    for (int i = 0; i < y.data.length; i++) {
      int[] at = index(i, e);
      int[] from = new int[at.length];
      for (int k = 0; k < at.length; k++) {
        from[order[k]] = at[k];
      }
      y.data[i] = x.get(from);
    }
    return y;
  }

  /** {@code extent} entries along an axis from {@code start}, 0.5 where the input has none. */
  private static Nd window(Nd x, int axis, int start, int extent) {
    int[] e = x.shape.with(axis, extent).toArray();
    Nd y = Nd.zeros(e);
    for (int i = 0; i < y.data.length; i++) {
      int[] at = index(i, e);
      at[axis] += start;
      y.data[i] = x.get(at);
    }
    return y;
  }

  private static Nd concat(Nd a, Nd b, int axis) {
    int[] e = a.shape.with(axis, a.dim(axis) + b.dim(axis)).toArray();
    Nd y = Nd.zeros(e);
    for (int i = 0; i < y.data.length; i++) {
      int[] at = index(i, e);
      if (at[axis] < a.dim(axis)) {
        y.data[i] = a.get(at);
      } else {
        at[axis] -= a.dim(axis);
        y.data[i] = b.get(at);
      }
    }
    return y;
  }

  private static int[] index(int flat, int[] extents) {
    int[] at = new int[extents.length];
    int rest = flat;
    for (int k = at.length - 1; k >= 0; k--) {
      at[k] = rest % extents[k];
      rest /= extents[k];
    }
    return at;
  }
}
