package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.op.AdamStep;
import io.med3dinsight.engine.op.ClipFactor;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.EmaStep;
import io.med3dinsight.engine.op.EmaUpdate;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.ScaleInPlace;
import io.med3dinsight.engine.op.SgdStep;
import io.med3dinsight.engine.op.SumOfSquares;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** The in-place steps of optimisers. A case's output is what the step left in one of its inputs. */
final class StepCases implements OpCaseSource {
  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    for (int n : new int[] {0, 1, 17, 33000}) {
      for (boolean decoupled : new boolean[] {false, true}) {
        for (int out : new int[] {0, 2, 3}) {
          c.add(adam(n, decoupled, out));
        }
      }
      for (boolean nesterov : new boolean[] {false, true}) {
        c.add(sgd(n, nesterov, 0));
        c.add(sgd(n, nesterov, 2));
      }
      c.add(
          of("sgd without momentum", n, 2)
              .engine(in -> after(in, 0, new SgdStep(0, false, 0.01), 0.1f))
              .reference(in -> Nd.zip(in[0], in[1], (p, g) -> p - 0.1 * (g + 0.01 * p))));
      c.add(
          of("moving average", n, 2)
              .engine(in -> after(in, 0, new EmaStep(0.9f)))
              .reference(in -> Nd.zip(in[0], in[1], (a, v) -> 0.9 * a + 0.1 * v)));
      c.add(
          of("moving average by a tensor", n, 2)
              .engine(
                  in -> {
                    Tensor[] t = copies(in);
                    Tensor part = Tensor.of(in[0].device(), new float[] {0.3f}, 1);
                    Eager.run(new EmaUpdate(), part, t[0], t[1]);
                    return t[0];
                  })
              .reference(in -> Nd.zip(in[0], in[1], (a, v) -> 0.7 * a + 0.3 * v)));
      c.add(
          of("scale in place", n, 1)
              .engine(in -> after(in, 0, new ScaleInPlace(0.3f)))
              .reference(in -> in[0].map(v -> 0.3 * v)));
      c.add(
          of("sum of squares", n, 2)
              .engine(in -> Eager.run1(new SumOfSquares(), in))
              .reference(in -> new Nd(Shape.of(), new double[] {squares(in[0]) + squares(in[1])})));
    }
    for (double squared : new double[] {0, 1, 9, 1e6}) {
      c.add(
          OpCase.of("clip factor " + squared)
              .input(new Nd(Shape.of(), new double[] {squared}))
              .noGradient()
              .engine(in -> Eager.run1(new ClipFactor(2), in))
              .reference(in -> in[0].map(v -> Math.min(1, 2 / (Math.sqrt(v) + 1e-6)))));
    }
    return c;
  }

  private static OpCase of(String name, int n, int inputs) {
    OpCase c = OpCase.of(name + " " + n).noGradient().noBf16();
    for (int i = 0; i < inputs; i++) {
      c.inputIn(i == 3 ? 0.1 : -1, 1, n);
    }
    return c;
  }

  /** Runs a step on copies and returns the one of them asked for. */
  private static Tensor after(Tensor[] in, int out, Op step) {
    Tensor[] copies = copies(in);
    Eager.run(step, copies);
    return copies[out];
  }

  /** The same of a step that takes values and a clip factor first. */
  private static Tensor after(Tensor[] in, int out, Op step, float... values) {
    Tensor[] copies = copies(in);
    List<Tensor> all = new ArrayList<>(List.of(copies));
    all.add(0, Tensor.of(in[0].device(), values, values.length));
    all.add(1, Tensor.scalar(in[0].device(), 1));
    Eager.run(step, all.toArray(new Tensor[0]));
    return copies[out];
  }

  private static Tensor[] copies(Tensor[] in) {
    Tensor[] copies = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      copies[i] = Tensor.of(in[i].device(), in[i].toFloats(), in[i].shape().toArray());
    }
    return copies;
  }

  private static OpCase adam(int n, boolean decoupled, int out) {
    Function<double[], double[]> step =
        a -> {
          double p = decoupled ? a[0] * (1 - 0.01 * 0.1) : a[0];
          double g = decoupled ? a[1] : a[1] + 0.1 * a[0];
          double m = 0.9 * a[2] + 0.1 * g;
          double v = 0.99 * a[3] + 0.01 * g * g;
          double denominator = Math.sqrt(v / (1 - Math.pow(0.99, 7))) + 1e-8;
          return new double[] {p - 0.01 * m / (1 - Math.pow(0.9, 7)) / denominator, g, m, v};
        };
    return of("adam" + (decoupled ? "w" : "") + " output " + out, n, 4)
        .engine(
            in -> {
              AdamStep op = new AdamStep(0.9, 0.99, 1e-8, 0.1, decoupled);
              return after(in, out, op, op.values(0.01, 7));
            })
        .reference(in -> each(in, out, step));
  }

  private static OpCase sgd(int n, boolean nesterov, int out) {
    Function<double[], double[]> step =
        a -> {
          double g = a[1] + 0.05 * a[0];
          double v = 0.9 * a[2] + g;
          return new double[] {a[0] - 0.1 * (nesterov ? g + 0.9 * v : v), g, v};
        };
    return of("sgd" + (nesterov ? " nesterov" : "") + " output " + out, n, 3)
        .engine(in -> after(in, out, new SgdStep(0.9, nesterov, 0.05), 0.1f))
        .reference(in -> each(in, out, step));
  }

  private static Nd each(Nd[] in, int out, Function<double[], double[]> step) {
    Nd y = in[0].copy();
    for (int i = 0; i < y.data.length; i++) {
      double[] a = new double[in.length];
      for (int k = 0; k < a.length; k++) {
        a[k] = in[k].data[i];
      }
      y.data[i] = step.apply(a)[out];
    }
    return y;
  }

  private static double squares(Nd a) {
    double s = 0;
    for (double v : a.data) {
      s += v * v;
    }
    return s;
  }
}
