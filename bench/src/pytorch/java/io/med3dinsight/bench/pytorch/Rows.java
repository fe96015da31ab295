package io.med3dinsight.bench.pytorch;

import io.med3dinsight.bench.Computation;
import io.med3dinsight.bench.NnFormerStep;
import io.med3dinsight.bench.UNetStep;
import io.med3dinsight.bench.Workload;
import io.med3dinsight.bench.Workloads;
import io.med3dinsight.bench.pytorch.Interleaved.Contender;
import io.med3dinsight.bench.pytorch.Interleaved.Effort;
import io.med3dinsight.bench.pytorch.Interleaved.Timing;
import io.med3dinsight.engine.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Runs the rows of the comparison: first checks that both sides agree, then measures. */
final class Rows {
  static final String UNET_STEP = "unet-step";
  static final String UNET_MEMORY = "unet-memory";
  static final String NNFORMER_STEP = "nnformer-step";
  static final String NNFORMER_MEMORY = "nnformer-memory";
  static final String TRANSPORT = "transport";

  /** float32 sums of up to 10^6 terms in different orders. */
  private static final double TOLERANCE = 2e-4;

  private static final int CHECKED_STEPS = 3;

  /** Both sides' steps start from the same weights; rounding grows from step to step. */
  private static final double STEP_TOLERANCE = 1e-3;

  private final Device device;
  private final Effort effort;
  private final Stamp stamp;

  Rows(Device device, Effort effort, Stamp stamp) {
    this.device = device;
    this.effort = effort;
    this.stamp = stamp;
  }

  /** All names, in the order of the table. */
  static List<String> names() {
    List<String> names = new ArrayList<>();
    Workloads.all().forEach(w -> names.add(w.name()));
    names.add(TRANSPORT);
    names.add(UNET_STEP);
    names.add(UNET_MEMORY);
    names.add(NNFORMER_STEP);
    names.add(NNFORMER_MEMORY);
    return names;
  }

  /** Measures one row. */
  List<Result> run(String name) throws Exception {
    return switch (name) {
      case UNET_STEP -> List.of(unetStep());
      case UNET_MEMORY ->
          List.of(
              memory(
                  UNET_MEMORY,
                  "peak memory of that step",
                  Map.of("NCDHW", "peer", "channels last", "peer-channels-last"),
                  "ours"));
      case NNFORMER_STEP -> List.of(nnFormerStep());
      case NNFORMER_MEMORY ->
          List.of(
              memory(
                  NNFORMER_MEMORY,
                  "peak memory of that pass",
                  Map.of("NCDHW", "nnformer-peer", "channels last", "nnformer-peer-channels-last"),
                  "nnformer-ours"));
      case TRANSPORT -> transport();
      default -> workload(Workloads.named(name), TOLERANCE, "");
    };
  }

  private List<Result> transport() {
    TransportAccuracy accuracy = TransportAccuracy.matched(device);
    Workload w = Workloads.transport(accuracy.tolerance());
    List<Result> measured = new ArrayList<>();
    // What is timed has not converged on either side; agreement was checked where it has.
    for (Result r : workload(w, Double.POSITIVE_INFINITY, accuracy.describe())) {
      measured.add(r.withDifference(accuracy.converged()));
    }
    return measured;
  }

  private List<Result> workload(Workload w, double tolerance, String note) {
    List<PeerComputation> peers = new ArrayList<>();
    try (Computation ours = new Computation(w, device)) {
      double difference = 0;
      List<float[]> expected = ours.results();
      for (PeerFunctions.Variant v : PeerFunctions.of(w.name())) {
        PeerComputation p = new PeerComputation(ours, v);
        peers.add(p);
        String what = w.title() + (v.label().isEmpty() ? "" : " (" + v.label() + ")");
        double d = Agreement.check(what, expected, p.results(), tolerance);
        difference = Math.max(difference, d);
      }
      List<Contender> forward = new ArrayList<>();
      List<Contender> both = new ArrayList<>();
      for (PeerComputation p : peers) {
        forward.add(new Contender(p.label(), p::forward));
        both.add(new Contender(p.label(), p::forwardBackward));
      }
      Timing f = Interleaved.measure(new Contender("", ours::forward), forward, effort);
      Timing b = Interleaved.measure(new Contender("", ours::forwardBackward), both, effort);
      return List.of(
          result(w.name(), w.title(), Result.FORWARD, f, difference, note),
          result(w.name(), w.title(), Result.BOTH, b, difference, note));
    } finally {
      peers.forEach(PeerComputation::close);
    }
  }

  private Result unetStep() {
    try (UNetStep ours = new UNetStep(device);
        PeerUNet plain = new PeerUNet(ours.network(), false);
        PeerUNet last = new PeerUNet(ours.network(), true)) {
      double difference = 0;
      for (int i = 0; i < CHECKED_STEPS; i++) {
        double[] o = ours.step();
        difference = Math.max(difference, stepDifference(i, o, plain.measuredStep()));
        difference = Math.max(difference, stepDifference(i, o, last.measuredStep()));
      }
      Timing t =
          Interleaved.measure(
              new Contender("", ours::step),
              List.of(
                  new Contender("NCDHW", plain::step), new Contender("channels last", last::step)),
              effort);
      return result(UNET_STEP, "training step of the small UNet, 64^3", "step", t, difference, "");
    }
  }

  private static double stepDifference(int step, double[] ours, double[] theirs) {
    double worst = 0;
    for (int i = 0; i < 2; i++) {
      double d = Math.abs(ours[i] - theirs[i]) / Math.abs(theirs[i]);
      if (!(d <= STEP_TOLERANCE)) {
        throw new IllegalStateException(
            String.format(
                Locale.ROOT,
                "Step %d: %s is %.6f here and %.6f in PyTorch",
                step,
                i == 0 ? "the loss" : "the norm of the gradient",
                ours[i],
                theirs[i]));
      }
      worst = Math.max(worst, d);
    }
    return worst;
  }

  /**
   * @param peers names of variants and what {@link StepMemory} calls them
   */
  private Result memory(String row, String title, Map<String, String> peers, String own)
      throws Exception {
    double ours = OwnProcess.number(StepMemory.class, own);
    double theirs = Double.POSITIVE_INFINITY;
    String best = "";
    for (Map.Entry<String, String> p : peers.entrySet()) {
      double n = OwnProcess.number(StepMemory.class, p.getValue());
      if (n < theirs) {
        theirs = n;
        best = p.getKey();
      }
    }
    double ratio = ours / theirs;
    return new Result(
        row,
        title,
        "peak memory",
        "MiB",
        ours,
        theirs,
        best,
        ratio,
        ratio,
        ratio,
        ratio,
        Targets.of(row, "peak memory"),
        0,
        "ours: the memory pool's counter; theirs: growth of the resident set of a process of its own",
        stamp.commit(),
        stamp.time());
  }

  private Result nnFormerStep() {
    try (NnFormerStep ours = new NnFormerStep(device);
        PeerNnFormer explicit = new PeerNnFormer(ours.network(), false, false);
        PeerNnFormer fused = new PeerNnFormer(ours.network(), false, true);
        PeerNnFormer last = new PeerNnFormer(ours.network(), true, true)) {
      double difference = 0;
      double[] o = ours.measuredStep();
      for (PeerNnFormer p : List.of(explicit, fused, last)) {
        difference = Math.max(difference, stepDifference(0, o, p.measuredStep()));
      }
      // A pass takes seconds: few runs warm it up.
      Effort shorter =
          new Effort(
              effort.rounds(),
              effort.turn(),
              effort.warmUp(),
              Math.min(4, effort.warmUpRuns()),
              effort.pause());
      Timing t =
          Interleaved.measure(
              new Contender("", ours::step),
              List.of(
                  new Contender("explicit attention", explicit::step),
                  new Contender("fused attention", fused::step),
                  new Contender("channels last", last::step)),
              shorter);
      return result(
          NNFORMER_STEP,
          "nnFormer, embedding 96, 128^3, forward and backward",
          "step",
          t,
          difference,
          "");
    }
  }

  private Result result(
      String row, String title, String mode, Timing t, double difference, String note) {
    return new Result(
        row,
        title,
        mode,
        "ms",
        t.ours(),
        t.theirs(),
        t.best(),
        t.ours() / t.theirs(),
        t.quantile(0.1),
        t.quantile(0.5),
        t.quantile(0.9),
        Targets.of(row, mode),
        difference,
        note,
        stamp.commit(),
        stamp.time());
  }
}
