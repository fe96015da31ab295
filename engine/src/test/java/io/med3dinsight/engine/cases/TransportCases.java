package io.med3dinsight.engine.cases;

import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.PartialSinkhorn;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.testing.Nd;
import io.med3dinsight.engine.testing.OpCase;
import io.med3dinsight.engine.testing.OpCaseSource;
import io.med3dinsight.engine.testing.TransportReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Partial transport and its implicit gradient, which central differences of the converged plan
 * check.
 */
final class TransportCases implements OpCaseSource {
  private static final String WHY =
      "float32 rounding of outputs; the solver itself computes in double precision";

  @Override
  public List<OpCase> cases() {
    List<OpCase> c = new ArrayList<>();
    double[][] settings = {
      {3, 5, 7, 0.1, 0.8},
      {2, 6, 6, 0.2, 1},
      {5, 4, 4, 0.1, 0.3},
      {1, 9, 5, 0.3, 0.95},
      {2, 1, 3, 0.1, 0.5},
      {0, 3, 3, 0.1, 0.5}
    };
    for (double[] s : settings) {
      for (int output = 0; output < 2; output++) {
        c.add(uniform((int) s[0], (int) s[1], (int) s[2], s[3], s[4], output));
      }
    }
    for (double mass : new double[] {0.625, 0.875}) {
      c.add(marginals(mass));
    }
    for (int[] q : new int[][] {{2, 3, 5, 7}, {1, 4, 4, 8}, {3, 1, 2, 1}, {1, 0, 3, 4}}) {
      c.add(
          OpCase.of("pairwise distance " + Shape.of(q))
              .input(q[0], q[1], q[3])
              .input(q[0], q[2], q[3])
              .engine(in -> Transport.pairwiseDistance(in[0], in[1]))
              .reference(in -> distance(in[0], in[1])));
      c.add(
          OpCase.of("divide by max " + Shape.of(q))
              .inputIn(0, 1, q[0], q[1], q[2])
              .engine(in -> Transport.divideByMax(in[0]))
              .reference(in -> divideByMax(in[0])));
    }
    c.add(
        OpCase.of("matching loss of the plan between embeddings")
            .input(2, 4, 3)
            .input(2, 6, 3)
            .engine(
                in ->
                    Transport.matchingLoss(
                        Transport.partial(
                                Transport.divideByMax(Transport.pairwiseDistance(in[0], in[1])),
                                0.1,
                                0.9)
                            .logPlan()))
            .reference(
                in ->
                    matchingLoss(
                        TransportReference.logPlan(divideByMax(distance(in[0], in[1])), 0.1, 0.9)))
            .tolerance(1e-6, 1e-5, WHY)
            .step(1e-5));
    return c;
  }

  private static Nd distance(Nd u, Nd v) {
    Nd d = Nd.zeros(u.dim(0), u.dim(1), v.dim(1));
    for (int p = 0; p < u.dim(0); p++) {
      for (int i = 0; i < u.dim(1); i++) {
        for (int j = 0; j < v.dim(1); j++) {
          double s = 0;
          for (int e = 0; e < u.dim(2); e++) {
            s += Math.pow(u.get(p, i, e) - v.get(p, j, e), 2);
          }
          d.set(Math.sqrt(s), p, i, j);
        }
      }
    }
    return d;
  }

  private static Nd divideByMax(Nd x) {
    Nd y = x.copy();
    int n = x.dim(1) * x.dim(2);
    for (int p = 0; p < x.dim(0); p++) {
      double top = 0;
      for (int i = 0; i < n; i++) {
        top = Math.max(top, x.data[p * n + i]);
      }
      for (int i = 0; i < n; i++) {
        y.data[p * n + i] /= top;
      }
    }
    return y;
  }

  private static Nd matchingLoss(Nd logPlan) {
    Nd loss = Nd.zeros();
    for (int p = 0; p < logPlan.dim(0); p++) {
      for (int i = 0; i < logPlan.dim(1); i++) {
        loss.data[0] -= logPlan.get(p, i, i) / logPlan.dim(1) / logPlan.dim(0);
      }
    }
    return loss;
  }

  private static OpCase uniform(int p, int n, int m, double epsilon, double mass, int output) {
    return OpCase.of(
            (output == 0 ? "plan" : "log plan")
                + " of "
                + p
                + " problems "
                + n
                + "x"
                + m
                + ", eps "
                + epsilon
                + ", mass "
                + mass)
        .inputIn(0, 1, p, n, m)
        .engine(in -> Eager.run(new PartialSinkhorn(epsilon, mass, 1000, 1e-10), in)[output])
        .reference(in -> output(TransportReference.logPlan(in[0], epsilon, mass), output))
        .tolerance(output == 0 ? 1e-7 : 1e-6, 1e-5, WHY)
        .step(1e-5);
  }

  /**
   * Rows hold 0.875 in all, so that a mass of 0.875 makes equations of them and leaves bounds on
   * the columns.
   */
  private static OpCase marginals(double mass) {
    double[] a = {0.25, 0.25, 0.375};
    double[] b = {0.375, 0.125, 0.5, 0.25};
    float[] twiceA = {0.25f, 0.25f, 0.375f, 0.25f, 0.25f, 0.375f};
    float[] twiceB = {0.375f, 0.125f, 0.5f, 0.25f, 0.375f, 0.125f, 0.5f, 0.25f};
    return OpCase.of("plan with given marginals, mass " + mass)
        .inputIn(0, 1, 2, 3, 4)
        .engine(
            in -> {
              Tensor rows = Tensor.of(in[0].device(), twiceA, 2, 3);
              Tensor columns = Tensor.of(in[0].device(), twiceB, 2, 4);
              return Eager.run(new PartialSinkhorn(0.1, mass, 1000, 1e-10), in[0], rows, columns)[
                  0];
            })
        .reference(in -> output(TransportReference.logPlan(in[0], a, b, 0.1, mass), 0))
        .tolerance(2e-7, 1e-5, WHY)
        .step(1e-5);
  }

  private static Nd output(Nd logPlan, int output) {
    return output == 0 ? logPlan.map(Math::exp) : logPlan;
  }
}
