package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.PartialTransport;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaTransport;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Entropic partial optimal transport, a batch of P problems of B1 rows and B2 columns:
 *
 * <pre>
 * plan = argmin <plan,C> + epsilon * sum plan log plan
 *        s.t.  plan 1 <= a,  plan^T 1 <= b,  1^T plan 1 = mass,  plan >= 0
 * plan_ij = exp(-C_ij/epsilon + f_i + g_j + c)  with  f <= 0, g <= 0
 * </pre>
 *
 * <p>Inputs: cost C [P,B1,B2]; optionally the marginals a [P,B1] and b [P,B2] (1/B1 and 1/B2
 * without). Outputs: plan [P,B1,B2]; log plan [P,B1,B2], finite where the plan itself underflows;
 * potentials f [P,B1], g [P,B2], c [P] in units of epsilon; report [P,3]: iterations spent, Newton
 * steps among them, relative violation of the row sums. Gradients flow from plan and log plan to
 * the cost, by the implicit function theorem ({@link PartialSinkhornGradient}), none to the
 * marginals.
 *
 * <p>On CUDA nothing is read back to be checked: a problem with a cost that is not finite, a given
 * marginal that is not positive, or less than the mass in a given marginal gets NaN in all outputs.
 *
 * <p>Sources: Benamou et al. 2015, "Iterative Bregman projections for regularized transportation
 * problems", section 5 (the problem); its dual by block coordinate ascent and Newton steps, see
 * {@link PartialTransport}.
 *
 * @param epsilon weight of the entropy, in units of the cost
 * @param mass total mass m of the plan, in (0, min(sum a, sum b)]; equal to it, this is full
 *     transport
 * @param maxIterations bound on sweeps and Newton steps
 * @param tolerance relative error of the row sums at which a problem is finished
 */
public record PartialSinkhorn(double epsilon, double mass, int maxIterations, double tolerance)
    implements Op {
  /** Problems that share a workspace. */
  private static final int GRAIN = 4;

  public PartialSinkhorn {
    if (!(epsilon > 0) || Double.isInfinite(epsilon)) {
      throw new IllegalArgumentException(
          "The entropy weight epsilon of optimal transport is "
              + epsilon
              + ": it must be positive, such as 0.03.");
    }
    if (!(mass > 0) || Double.isInfinite(mass)) {
      throw new IllegalArgumentException(
          "The transported mass is " + mass + ": it must lie in (0, 1], such as 0.95.");
    }
    if (maxIterations < 1) {
      throw new IllegalArgumentException(
          "maxIterations of optimal transport is " + maxIterations + ": it must be at least 1.");
    }
    if (!(tolerance >= 0)) {
      throw new IllegalArgumentException(
          "The tolerance of optimal transport is " + tolerance + ": it must not be negative.");
    }
  }

  @Override
  public TensorType[] infer(TensorType... in) {
    boolean marginals = in.length == 3;
    boolean fits =
        (in.length == 1 || marginals)
            && in[0].shape().rank() == 3
            && in[0].shape().dim(1) > 0
            && in[0].shape().dim(2) > 0;
    if (!fits) {
      throw mismatch("a cost [P,B1,B2] with B1, B2 > 0, and no or two marginals", in);
    }
    Shape cost = in[0].shape();
    int p = cost.dim(0);
    Shape rows = Shape.of(p, cost.dim(1));
    Shape columns = Shape.of(p, cost.dim(2));
    if (marginals && !(in[1].shape().equals(rows) && in[2].shape().equals(columns))) {
      throw mismatch("marginals " + rows + " and " + columns + " for the cost", in);
    }
    return new TensorType[] {
      TensorType.f32(cost),
      TensorType.f32(cost),
      TensorType.f32(rows),
      TensorType.f32(columns),
      TensorType.f32(p),
      TensorType.f32(p, 3)
    };
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int problems = in[0].dim(0);
    int n = in[0].dim(1);
    int m = in[0].dim(2);
    cpu.parallel()
        .range(
            problems,
            GRAIN,
            (from, to) -> {
              PartialTransport solver = new PartialTransport(n, m);
              for (int p = from; p < to; p++) {
                solve(solver, p, n, m, in, out);
              }
            });
  }

  private void solve(PartialTransport solver, int p, int n, int m, Tensor[] in, Tensor[] out) {
    float[] cost = in[0].hostFloats();
    int at = in[0].hostOffset() + p * n * m;
    checkCost(cost, at, p, n, m);
    double[] a = marginal(in, 1, p, n);
    double[] b = marginal(in, 2, p, m);
    solver.solve(cost, at, a, b, checkMass(p, a, b), epsilon, maxIterations, tolerance);
    double c =
        solver.write(
            out[0].hostFloats(),
            out[0].hostOffset() + p * n * m,
            out[1].hostFloats(),
            out[1].hostOffset() + p * n * m,
            out[2].hostFloats(),
            out[2].hostOffset() + p * n,
            out[3].hostFloats(),
            out[3].hostOffset() + p * m);
    out[4].hostFloats()[out[4].hostOffset() + p] = (float) c;
    float[] report = out[5].hostFloats();
    int r = out[5].hostOffset() + 3 * p;
    report[r] = solver.iterations();
    report[r + 1] = solver.newtonSteps();
    report[r + 2] = (float) solver.violation();
  }

  private static void checkCost(float[] cost, int at, int p, int n, int m) {
    for (int i = 0; i < n * m; i++) {
      if (!Float.isFinite(cost[at + i])) {
        throw new IllegalArgumentException(
            "The transport cost of problem "
                + p
                + " at row "
                + i / m
                + ", column "
                + i % m
                + " is "
                + cost[at + i]
                + ": costs must be finite.");
      }
    }
  }

  private static double[] marginal(Tensor[] in, int input, int p, int n) {
    double[] a = new double[n];
    if (in.length == 1) {
      Arrays.fill(a, 1.0 / n);
      return a;
    }
    float[] values = in[input].hostFloats();
    int at = in[input].hostOffset() + p * n;
    for (int i = 0; i < n; i++) {
      a[i] = values[at + i];
      if (!(a[i] > 0) || Double.isInfinite(a[i])) {
        throw new IllegalArgumentException(
            "The "
                + (input == 1 ? "row" : "column")
                + " marginal of transport problem "
                + p
                + " at "
                + i
                + " is "
                + a[i]
                + ": marginals must be positive.");
      }
    }
    return a;
  }

  /** The mass, brought down to the smaller marginal where only rounding is above it. */
  private double checkMass(int p, double[] a, double[] b) {
    double limit = Math.min(Arrays.stream(a).sum(), Arrays.stream(b).sum());
    checkMass(p, limit);
    return Math.min(mass, limit);
  }

  private void checkMass(int p, double limit) {
    if (mass > limit * (1 + 1e-6)) {
      throw new IllegalArgumentException(
          "The transported mass "
              + mass
              + " of problem "
              + p
              + " is more than its marginals hold ("
              + (float) limit
              + "): choose a mass in (0, "
              + (float) limit
              + "].");
    }
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    if (in.length == 1) {
      checkMass(0, 1);
    }
    CudaTransport.solve(cuda, in, out, epsilon, mass, maxIterations, tolerance);
  }

  @Override
  public Saved saved() {
    return Saved.outputs(0, 2, 3);
  }

  @Override
  public Tensor[] gradient(Backward b) {
    Tensor[] none = new Tensor[3];
    if (b.hasGrad(2) || b.hasGrad(3) || b.hasGrad(4)) {
      throw new IllegalStateException(
          "PartialSinkhorn has no gradient through its potentials: use plan or log plan");
    }
    if (!b.needs(0) || !(b.hasGrad(0) || b.hasGrad(1))) {
      return none;
    }
    List<Tensor> in = new ArrayList<>(List.of(b.output(0), b.output(2), b.output(3)));
    if (b.hasGrad(0)) {
      in.add(b.grad(0));
    }
    if (b.hasGrad(1)) {
      in.add(b.grad(1));
    }
    none[0] =
        Eager.run1(
            new PartialSinkhornGradient(epsilon, b.hasGrad(0), b.hasGrad(1)),
            in.toArray(new Tensor[0]));
    return none;
  }
}
