package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Computation;
import io.med3dinsight.bench.Input;
import io.med3dinsight.bench.Workload;
import io.med3dinsight.bench.Workloads;
import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/**
 * The tolerance at which the engine's transport plans are at least as close to the solution as
 * those of {@link PeerTransport}. Errors are largest differences from the engine's plan at its
 * strictest tolerance, relative to the largest element.
 *
 * @param tolerance the loosest power of ten that does it
 * @param ours error of the engine's plan
 * @param theirs error of the peer's plan
 * @param converged largest difference between loss and gradient of both sides, on a few problems,
 *     where both have converged
 */
record TransportAccuracy(double tolerance, double ours, double theirs, double converged) {
  private static final int FEW = 4;

  /** Enough for the peer to converge on those. */
  private static final int MANY = 1000;

  /** Both plans are float32 there. */
  private static final double AGREEMENT = 1e-3;

  static TransportAccuracy matched(Device device) {
    double converged = converged(device);
    try (Computation c = new Computation(Workloads.transport(Transport.TOLERANCE), device);
        Scope scope = Scope.open()) {
      int[] extents = c.workload().inputs().get(0).extents();
      Tensor cost = Tensor.of(device, c.input(0), extents);
      float[] exact = Workloads.plan(cost, Transport.TOLERANCE).plan().toFloats();
      double theirs = Agreement.difference("plan", peerPlan(c), exact);
      for (double t = 0.1; t >= Transport.TOLERANCE; t /= 10) {
        float[] plan = Workloads.plan(cost, t).plan().toFloats();
        double ours = Agreement.difference("plan", plan, exact);
        if (ours <= theirs) {
          return new TransportAccuracy(t, ours, theirs, converged);
        }
      }
      return new TransportAccuracy(Transport.TOLERANCE, 0, theirs, converged);
    }
  }

  private static double converged(Device device) {
    Workload few = Workloads.transport(FEW, Transport.TOLERANCE);
    PeerFunctions.Variant variant =
        new PeerFunctions.Variant("", false, in -> PeerTransport.loss(in[0], MANY));
    try (Computation ours = new Computation(few, device);
        PeerComputation theirs = new PeerComputation(ours, variant)) {
      return Agreement.check(few.title(), ours.results(), theirs.results(), AGREEMENT);
    }
  }

  private static float[] peerPlan(Computation c) {
    int[] extents = c.workload().inputs().get(0).extents();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      var cost = org.bytedeco.pytorch.Tensor.create(c.input(0), PeerTensors.longs(extents));
      var plan = PeerTransport.plan(cost, PeerTransport.ITERATIONS);
      return PeerTensors.values(Input.Axes.SAME, plan);
    }
  }

  String describe() {
    return String.format(
        Locale.ROOT,
        "ours stops at a relative row-sum error of %.0e, with a largest error of the plan of %.1e;"
            + " after %d Dykstra iterations it is %.1e. Loss and gradient of %d problems agree within"
            + " %.0e after %d Dykstra iterations",
        tolerance,
        ours,
        PeerTransport.ITERATIONS,
        theirs,
        FEW,
        converged,
        MANY);
  }
}
