package io.med3dinsight.engine.op;

import io.med3dinsight.engine.autograd.Backward;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.ImplicitTransport;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaTransport;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;

/**
 * Gradient of entropic partial transport with respect to the cost, by the implicit function
 * theorem: with A the incidence of the active row sums (f_i < 0), the active column sums (g_j < 0)
 * and the total mass,
 *
 * <pre>
 * G = dL/dplan o plan + dL/dlogPlan
 * (A^T diag(plan) A) lambda = A^T G
 * dL/dC = -(G - plan o (A lambda)) / epsilon
 * </pre>
 *
 * <p>Inputs: plan [P,B1,B2], f [P,B1], g [P,B2], then the gradients [P,B1,B2] with respect to the
 * plan and to the log plan, as far as there are. Output: [P,B1,B2].
 *
 * @param epsilon weight of the entropy
 * @param ofPlan whether the gradient with respect to the plan is given
 * @param ofLogPlan whether the gradient with respect to the log plan is given
 */
public record PartialSinkhornGradient(double epsilon, boolean ofPlan, boolean ofLogPlan)
    implements Op {
  private static final int GRAIN = 4;

  @Override
  public TensorType[] infer(TensorType... in) {
    int count = 3 + (ofPlan ? 1 : 0) + (ofLogPlan ? 1 : 0);
    boolean fits = in.length == count;
    for (int i = 3; fits && i < count; i++) {
      fits = in[i].shape().equals(in[0].shape());
    }
    if (!fits) {
      throw mismatch("a plan, its potentials f and g, and gradients of the plan's shape", in);
    }
    return new TensorType[] {TensorType.f32(in[0].shape())};
  }

  @Override
  public void cpu(CpuBackend cpu, Tensor[] in, Tensor[] out) {
    int n = in[0].dim(1);
    int m = in[0].dim(2);
    Tensor ofPlanGrad = ofPlan ? in[3] : null;
    Tensor ofLogGrad = ofLogPlan ? in[ofPlan ? 4 : 3] : null;
    cpu.parallel()
        .range(
            in[0].dim(0),
            GRAIN,
            (from, to) -> {
              ImplicitTransport solver = new ImplicitTransport(n, m);
              for (int p = from; p < to; p++) {
                int at = p * n * m;
                solver.plan(in[0].hostFloats(), in[0].hostOffset() + at);
                solver.active(
                    in[1].hostFloats(),
                    in[1].hostOffset() + p * n,
                    in[2].hostFloats(),
                    in[2].hostOffset() + p * m);
                if (ofPlanGrad != null) {
                  solver.addPlanGradient(ofPlanGrad.hostFloats(), ofPlanGrad.hostOffset() + at);
                }
                if (ofLogGrad != null) {
                  solver.addLogPlanGradient(ofLogGrad.hostFloats(), ofLogGrad.hostOffset() + at);
                }
                solver.costGradient(epsilon, out[0].hostFloats(), out[0].hostOffset() + at);
              }
            });
  }

  @Override
  public void cuda(CudaBackend cuda, Tensor[] in, Tensor[] out) {
    Tensor ofPlanGrad = ofPlan ? in[3] : null;
    Tensor ofLogGrad = ofLogPlan ? in[ofPlan ? 4 : 3] : null;
    CudaTransport.gradient(cuda, in, ofPlanGrad, ofLogGrad, out[0], epsilon);
  }

  @Override
  public Saved saved() {
    return Saved.NOTHING;
  }

  @Override
  public Tensor[] gradient(Backward b) {
    throw new IllegalStateException("the gradient of partial transport has no gradient of its own");
  }
}
