package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;

/** Cross-entropy, Dice with cross-entropy, mean squared and absolute errors. */
final class LossCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    int[][] shapes = {
      {5, 1}, {17, 3}, {2, 3, 16}, {1, 7, 33}, {9, 130}, {300, 3}, {9000, 2}, {0, 4}
    };
    for (int[] s : shapes) {
      c.add(crossEntropy(s, 0f));
    }
    c.add(crossEntropy(new int[] {19, 5}, 0.1f));
    c.add(allIgnored());
    for (boolean batchDice : new boolean[] {false, true}) {
      c.add(dice(new int[] {2, 3, 4, 5, 3}, batchDice, false, 1e-5f));
      c.add(dice(new int[] {3, 2, 2, 3, 2}, batchDice, true, 1f));
      c.add(dice(new int[] {2, 19, 15, 17, 3}, batchDice, false, 1e-5f));
      c.add(dice(new int[] {1, 5, 17}, batchDice, true, 1e-5f));
    }
    c.add(dice(new int[] {2, 9, 33}, true, false, 1e-5f));
    c.add(dice(new int[] {1, 3, 3, 3, 1}, true, true, 1f));
    for (int[] s : new int[][] {{}, {7}, {3, 1, 5}, {40001}, {0, 3}}) {
      c.add(
          pair("mse", s)
              .engine(in -> Losses.mse(in[0], in[1]))
              .reference(in -> mean(in, (a, b) -> (a - b) * (a - b))));
      c.add(
          pair("l1", s)
              .engine(in -> Losses.l1(in[0], in[1]))
              .reference(in -> mean(in, (a, b) -> Math.abs(a - b)))
              .step(1e-6));
    }
    for (int[] s : new int[][] {{}, {19}, {3, 1, 33}, {40001}, {0, 3}}) {
      Nd targets = Nd.uniform(new SplittableRandom(2), 0, 1, s);
      c.add(
          OpCase.of("binary cross-entropy " + Shape.of(s))
              .inputIn(-6, 6, s)
              .engine(
                  in ->
                      Losses.binaryCrossEntropy(
                          in[0], Tensor.of(in[0].device(), targets.floats(), s)))
              .reference(in -> mean(new Nd[] {in[0], targets}, LossCases::binary)));
    }
    return c;
  }

  private static double binary(double x, double t) {
    double p = 1 / (1 + Math.exp(-x));
    return -t * Math.log(p) - (1 - t) * Math.log(1 - p);
  }

  private static OpCase pair(String name, int[] shape) {
    return OpCase.of(name + " " + Shape.of(shape)).input(shape).input(shape);
  }

  private static Nd scalar(double v) {
    return new Nd(Shape.of(), new double[] {v});
  }

  private static Nd mean(Nd[] in, DoubleBinaryOperator f) {
    double sum = 0;
    for (double v : Nd.zip(in[0], in[1], f).data) {
      sum += v;
    }
    return scalar(in[0].data.length == 0 ? 0 : sum / in[0].data.length);
  }

  /** Labels of which about one in nine is {@code ignored}. */
  private static Nd labels(int classes, int ignored, int... shape) {
    SplittableRandom r = new SplittableRandom(classes);
    Nd y = Nd.integers(r, classes, shape);
    return y.map(v -> r.nextInt(9) == 0 ? ignored : v);
  }

  private static int[] outer(int[] shape) {
    return java.util.Arrays.copyOf(shape, shape.length - 1);
  }

  private static double[] softmax(double[] x, int at, int classes) {
    double max = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      max = Math.max(max, x[at + c]);
    }
    double[] p = new double[classes];
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      p[c] = Math.exp(x[at + c] - max);
      sum += p[c];
    }
    for (int c = 0; c < classes; c++) {
      p[c] /= sum;
    }
    return p;
  }

  private static OpCase crossEntropy(int[] shape, float smoothing) {
    int classes = shape[shape.length - 1];
    Nd weights = Nd.uniform(new SplittableRandom(5), 0.5, 2, classes);
    return OpCase.of("cross-entropy " + Shape.of(shape) + " smoothing " + smoothing)
        .inputIn(-8, 8, shape)
        .indices(labels(classes, -1, outer(shape)))
        .engine(
            in -> {
              Tensor w = Tensor.of(in[0].device(), weights.floats(), classes);
              return Losses.crossEntropy(in[0], in[1], w, -1, smoothing);
            })
        .reference(in -> crossEntropy(in, weights.data, smoothing));
  }

  private static Nd crossEntropy(Nd[] in, double[] w, float s) {
    int classes = w.length;
    double loss = 0;
    double total = 0;
    for (int i = 0; i < in[1].data.length; i++) {
      int y = (int) in[1].data[i];
      if (y >= 0) {
        double[] p = softmax(in[0].data, i * classes, classes);
        loss -= (1 - s) * w[y] * Math.log(p[y]);
        for (int c = 0; c < classes; c++) {
          loss -= s / classes * w[c] * Math.log(p[c]);
        }
        total += w[y];
      }
    }
    return scalar(total == 0 ? 0 : loss / total);
  }

  private static OpCase allIgnored() {
    return OpCase.of("cross-entropy with nothing that counts")
        .input(4, 3)
        .indices(Nd.zeros(4).map(v -> Losses.IGNORED))
        .engine(in -> Losses.crossEntropy(in[0], in[1]))
        .reference(in -> scalar(0));
  }

  private static OpCase dice(int[] shape, boolean batch, boolean background, float smooth) {
    int classes = shape[shape.length - 1];
    String name = "dice and cross-entropy " + Shape.of(shape) + (batch ? " batch" : "");
    return OpCase.of(name + (background ? " with background" : ""))
        .inputIn(-4, 4, shape)
        .indices(labels(classes, -7, outer(shape)))
        .engine(
            in ->
                Losses.diceCrossEntropy(in[0], in[1], batch, background, smooth, -7, 0.75f, 1.25f))
        .reference(
            in -> {
              int n = shape[0];
              Nd ce = crossEntropy(in, ones(classes), 0f);
              double d = 0;
              for (int i = 0; i < (batch ? 1 : n); i++) {
                int length = in[1].data.length / (batch ? 1 : n);
                d += dice(in, i * length, length, classes, background, smooth) / (batch ? 1 : n);
              }
              return scalar(1.25 * ce.data[0] - 0.75 * d);
            });
  }

  private static double[] ones(int n) {
    double[] w = new double[n];
    java.util.Arrays.fill(w, 1);
    return w;
  }

  private static double dice(
      Nd[] in, int from, int length, int classes, boolean background, float smooth) {
    double[] both = new double[classes];
    double[] either = new double[classes];
    for (int i = from; i < from + length; i++) {
      int y = (int) in[1].data[i];
      if (y >= 0) {
        double[] p = softmax(in[0].data, i * classes, classes);
        both[y] += p[y];
        either[y]++;
        for (int c = 0; c < classes; c++) {
          either[c] += p[c];
        }
      }
    }
    int first = background ? 0 : 1;
    double sum = 0;
    for (int c = first; c < classes; c++) {
      sum += (2 * both[c] + smooth) / Math.max(either[c] + smooth, 1e-8);
    }
    return sum / (classes - first);
  }
}
