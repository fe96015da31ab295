package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.Gelu;
import io.med3dinsight.engine.op.LayerNorm;
import io.med3dinsight.engine.op.LogSoftmax;
import io.med3dinsight.engine.op.Silu;
import io.med3dinsight.engine.op.Softmax;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;

/**
 * Softmax, its logarithm, layer norm, GELU and SiLU: short, odd and long rows, large arguments,
 * zero sizes.
 */
final class RowCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][] shapes = {
      {1}, {3}, {5, 1}, {700, 3}, {2, 3, 17}, {4, 31}, {3, 32}, {3, 33}, {2, 517}, {0, 4}, {4, 0}
    };
    for (int[] s : shapes) {
      c.add(
          OpCase.of("softmax " + Shape.of(s))
              .inputIn(-4, 4, s)
              .engine(in -> Softmax.of(in[0]))
              .reference(in -> softmax(in[0], false)));
      c.add(
          OpCase.of("log-softmax " + Shape.of(s))
              .inputIn(-4, 4, s)
              .engine(in -> LogSoftmax.of(in[0]))
              .reference(in -> softmax(in[0], true)));
    }
    c.add(
        OpCase.of("softmax of large arguments")
            .inputIn(900, 1000, 6, 40)
            .tolerance(5e-5, 5e-4, "an argument of 1000 is known to 3e-5 only")
            .engine(in -> Softmax.of(in[0]))
            .reference(in -> softmax(in[0], false)));
    c.add(
        OpCase.of("log-softmax of large arguments, narrow")
            .inputIn(-1000, 1000, 6, 4)
            .engine(in -> LogSoftmax.of(in[0]))
            .reference(in -> softmax(in[0], true)));
    int[][] normed = {{1, 7}, {5, 16}, {3, 4, 33}, {300, 19}, {2, 517}, {0, 8}, {4000, 16}};
    for (int[] s : normed) {
      c.add(layerNorm(s));
    }
    gelu(c);
    return c;
  }

  private static OpCase layerNorm(int[] s) {
    int n = s[s.length - 1];
    return OpCase.of("layer norm " + Shape.of(s))
        .inputIn(-1, 3, s)
        .inputIn(0.5, 1.5, n)
        .input(n)
        .engine(in -> LayerNorm.of(in[0], in[1], in[2], 1e-5f))
        .reference(in -> layerNorm(in[0], in[1], in[2], 1e-5f));
  }

  private static void gelu(List<OpCase> c) {
    int[][] shapes = {{}, {7}, {3, 33}, {40003}, {0}};
    for (int[] s : shapes) {
      c.add(
          OpCase.of("gelu " + Shape.of(s))
              .inputIn(-6, 6, s)
              .engine(in -> Gelu.of(in[0]))
              .reference(in -> in[0].map(x -> x / 2 * (1 + ErrorFunction.erf(x / Math.sqrt(2))))));
      c.add(
          OpCase.of("silu " + Shape.of(s))
              .inputIn(-9, 9, s)
              .engine(in -> Silu.of(in[0]))
              .reference(in -> in[0].map(x -> x / (1 + Math.exp(-x)))));
      c.add(
          OpCase.of("gelu by tanh " + Shape.of(s))
              .inputIn(-6, 6, s)
              .engine(in -> Gelu.tanh(in[0]))
              .reference(
                  in ->
                      in[0].map(
                          x ->
                              x
                                  / 2
                                  * (1
                                      + Math.tanh(
                                          Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))))));
    }
    Nd extremes =
        new Nd(Shape.of(8), new double[] {0, -0.0, 30, -30, 1e15f, -1e15f, 1e30f, -1e30f});
    c.add(
        OpCase.of("gelu of large arguments")
            .input(extremes)
            .noGradient()
            .engine(in -> Gelu.of(in[0]))
            .reference(in -> in[0].map(x -> Math.max(x, 0))));
    c.add(
        OpCase.of("silu of large arguments")
            .input(extremes)
            .noGradient()
            .engine(in -> Silu.of(in[0]))
            .reference(
                in -> in[0].map(x -> Math.abs(x) > 100 ? Math.max(x, 0) : x / (1 + Math.exp(-x)))));
    c.add(
        OpCase.of("gelu by tanh of large arguments")
            .input(extremes)
            .noGradient()
            .engine(in -> Gelu.tanh(in[0]))
            .reference(in -> in[0].map(x -> Math.max(x, 0))));
  }

  static Nd softmax(Nd x, boolean log) {
    Nd y = x.copy();
    int n = x.dim(-1);
    for (int r = 0; n > 0 && r < y.data.length / n; r++) {
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < n; i++) {
        max = Math.max(max, x.data[r * n + i]);
      }
      double sum = 0;
      for (int i = 0; i < n; i++) {
        sum += Math.exp(x.data[r * n + i] - max);
      }
      for (int i = 0; i < n; i++) {
        double v = x.data[r * n + i] - max - Math.log(sum);
        y.data[r * n + i] = log ? v : Math.exp(v);
      }
    }
    return y;
  }

  private static Nd layerNorm(Nd x, Nd gamma, Nd beta, double epsilon) {
    Nd y = x.copy();
    int n = x.dim(-1);
    for (int r = 0; r < y.data.length / n; r++) {
      double mean = 0;
      double var = 0;
      for (int i = 0; i < n; i++) {
        mean += x.data[r * n + i] / n;
      }
      for (int i = 0; i < n; i++) {
        var += Math.pow(x.data[r * n + i] - mean, 2) / n;
      }
      for (int i = 0; i < n; i++) {
        y.data[r * n + i] =
            gamma.data[i] * (x.data[r * n + i] - mean) / Math.sqrt(var + epsilon) + beta.data[i];
      }
    }
    return y;
  }
}
