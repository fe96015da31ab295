package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Computation;
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
 */
record TransportAccuracy(double tolerance, double ours, double theirs) {
  /** Gradients hold the plan divided by epsilon and by itself, which enlarges its error. */
  private static final double AMPLIFICATION = 100;

  private static final double LEAST = 1e-3;

  static TransportAccuracy matched(Device device) {
    try (Computation c = new Computation(Workloads.transport(Transport.TOLERANCE), device);
        Scope scope = Scope.open()) {
      int n = c.workload().inputs().get(0).extents()[0];
      Tensor cost = Tensor.of(device, c.input(0), n, n, n);
      float[] exact = Workloads.plan(cost, Transport.TOLERANCE).plan().toFloats();
      double theirs = Agreement.difference("plan", peerPlan(c), exact);
      for (double t = 0.1; t >= Transport.TOLERANCE; t /= 10) {
        double ours =
            Agreement.difference("plan", Workloads.plan(cost, t).plan().toFloats(), exact);
        if (ours <= theirs) {
          return new TransportAccuracy(t, ours, theirs);
        }
      }
      return new TransportAccuracy(Transport.TOLERANCE, 0, theirs);
    }
  }

  private static float[] peerPlan(Computation c) {
    int[] extents = c.workload().inputs().get(0).extents();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      var cost = org.bytedeco.pytorch.Tensor.create(c.input(0), PeerTensors.longs(extents));
      return PeerTensors.values(io.med3dinsight.bench.Input.Axes.SAME, PeerTransport.plan(cost));
    }
  }

  /** How far loss and gradient of both sides may be apart. */
  double agreement() {
    return Math.max(LEAST, AMPLIFICATION * theirs);
  }

  String describe() {
    return String.format(
        Locale.ROOT,
        "ours stops at a relative row-sum error of %.0e: largest error of the plan %.1e, after %d"
            + " Dykstra iterations %.1e",
        tolerance,
        ours,
        PeerTransport.ITERATIONS,
        theirs);
  }
}
