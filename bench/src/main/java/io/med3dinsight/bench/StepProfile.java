package io.med3dinsight.bench;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Prints where the time of the UNet's training step goes: for each op and shape the fastest of some
 * steps. {@code bench/run io.med3dinsight.bench.StepProfile [STEPS [THREADS]]}.
 */
public final class StepProfile {
  private static final int WARM_UP = 8;

  private StepProfile() {}

  /** Sums up the time of each op, told apart by name and shapes. */
  private static final class TimedBackend extends CpuBackend {
    private final Map<String, Double> step = new LinkedHashMap<>();
    private final Map<String, Integer> calls = new LinkedHashMap<>();

    TimedBackend(int threads) {
      super(threads);
    }

    @Override
    public void execute(Op op, Tensor[] inputs, Tensor[] outputs) {
      long start = System.nanoTime();
      super.execute(op, inputs, outputs);
      double ms = (System.nanoTime() - start) * 1e-6;
      StringBuilder key = new StringBuilder(op.name());
      for (int i = 0; i < Math.min(2, inputs.length); i++) {
        key.append(' ').append(inputs[i].shape());
      }
      if (outputs.length > 0) {
        key.append(" -> ").append(outputs[0].shape());
      }
      step.merge(key.toString(), ms, Double::sum);
      calls.merge(key.toString(), 1, Integer::sum);
    }
  }

  public static void main(String[] args) {
    int steps = args.length > 0 ? Integer.parseInt(args[0]) : 10;
    int threads = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    TimedBackend backend = new TimedBackend(threads);
    Map<String, Double> best = new LinkedHashMap<>();
    double whole = Double.POSITIVE_INFINITY;
    try (UNetStep step = new UNetStep(Device.of(backend))) {
      for (int i = 0; i < WARM_UP + steps; i++) {
        backend.step.clear();
        backend.calls.clear();
        long start = System.nanoTime();
        step.step();
        if (i >= WARM_UP) {
          whole = Math.min(whole, (System.nanoTime() - start) * 1e-6);
          backend.step.forEach((k, ms) -> best.merge(k, ms, Math::min));
        }
      }
    }
    best.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .filter(e -> e.getValue() >= 0.1)
        .forEach(
            e ->
                System.out.println(
                    String.format(
                        Locale.ROOT,
                        "%8.2f ms %2d x %s",
                        e.getValue(),
                        backend.calls.get(e.getKey()),
                        e.getKey())));
    double sum = best.values().stream().mapToDouble(Double::doubleValue).sum();
    System.out.println(String.format(Locale.ROOT, "ops %.1f ms, fastest step %.1f ms", sum, whole));
  }
}
