package io.med3dinsight.bench.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.bench.Computation;
import io.med3dinsight.bench.GpuWorkloads;
import io.med3dinsight.bench.UNetStep;
import io.med3dinsight.engine.cuda.CapturedStep;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.DeviceScratch;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.MemoryUse;
import io.med3dinsight.engine.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Measures the engine on a CUDA device as {@code gpu_peer.py} measures PyTorch: each row is warmed
 * up, then timed in rounds of as many runs as fill a fifth of a second, with one synchronisation at
 * the end of a round.
 */
@Command(
    name = "GpuBenchmark",
    mixinStandardHelpOptions = true,
    description = "Measures the engine on a CUDA device.")
public final class GpuBenchmark implements Callable<Integer> {
  static final int ROUNDS = 10;

  private static final double ROUND_SECONDS = 0.2;
  private static final int WARM_UP = 5;
  private static final long COPIED = 1L << 30;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final ArrayNode results = JSON.createArrayNode();
  private Device device;
  private CudaBackend cuda;

  @Parameters(paramLabel = "ROW", description = "Rows to measure; all when none is given.")
  private List<String> rows = new ArrayList<>();

  @Option(names = "--device", defaultValue = "cuda", description = "${DEFAULT-VALUE} or cuda:n")
  private String name;

  @Option(names = "--precision", defaultValue = "fp32", description = "fp32, tf32 or bf16")
  private String precision;

  @Option(names = "--json", required = true, paramLabel = "FILE", description = "Where to write.")
  private Path json;

  @Option(
      names = "--flat",
      paramLabel = "STEPS",
      description = "Instead, take this many training steps and see that memory stays flat.")
  private int flat;

  public static void main(String[] args) {
    System.exit(new CommandLine(new GpuBenchmark()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    device = Device.parse(name, 0, Arithmetic.valueOf(precision.toUpperCase(Locale.ROOT)));
    cuda = (CudaBackend) device.backend();
    if (flat > 0) {
      return stayFlat();
    }
    run();
    write(json);
    return 0;
  }

  /** Measures the rows named, or all of {@link GpuWorkloads}. */
  private void run() {
    for (GpuWorkloads.Row row : simulated() ? GpuWorkloads.tiny() : GpuWorkloads.all()) {
      if (rows.isEmpty() || rows.contains(row.workload().name())) {
        measure(row);
        cuda.releaseCache();
      }
    }
    for (UNetStep.Size size :
        simulated()
            ? List.of(UNetStep.Size.TINY)
            : List.of(UNetStep.Size.SMALL, UNetStep.Size.LARGE)) {
      if (rows.isEmpty() || rows.contains(size.name())) {
        step(size);
        cuda.releaseCache();
      }
    }
  }

  /** Whether there is no GPU, so that sizes are tiny, runs few, and times mean nothing. */
  private boolean simulated() {
    return cuda.driver() instanceof SimulatedDriver;
  }

  /** A training step, each of its kernels launched anew, then replayed as one graph. */
  private void step(UNetStep.Size size) {
    try (UNetStep s = new UNetStep(device, size)) {
      s.prepare();
      cuda.resetPeak();
      add(
          size.name(),
          "step",
          timed(
              () -> {
                try (Scope scope = Scope.open()) {
                  s.queuedStep();
                }
              }),
          0);
      ((ObjectNode) results.get(results.size() - 1))
          .put("note", cuda.memory().peak() / 1048576 + " MiB at most.");
      try (CapturedStep c = CapturedStep.capture(cuda, () -> List.of(s.queuedStep()))) {
        add(size.name(), "step, graph", timed(c::run), 0);
      }
    }
  }

  /** Training steps until the pool's counters must have settled, then as many as were asked for. */
  private int stayFlat() throws IOException {
    UNetStep.Size small = new UNetStep.Size("flat", 16, 1, 8, 16);
    try (UNetStep s = new UNetStep(device, simulated() ? UNetStep.Size.TINY : small)) {
      int settling = simulated() ? 2 : 10;
      for (int i = 0; i < settling; i++) {
        s.step();
      }
      MemoryUse before = cuda.memory();
      long free = cuda.driver().freeBytes();
      for (int i = 0; i < flat; i++) {
        s.step();
      }
      MemoryUse after = cuda.memory();
      long lost = free - cuda.driver().freeBytes();
      boolean same = before.equals(after) && lost <= 0;
      System.out.printf(
          Locale.ROOT,
          "%d steps: pool before %s, after %s; %d bytes of device memory less: %s%n",
          flat,
          before,
          after,
          lost,
          same ? "flat" : "NOT FLAT");
      Files.writeString(
          json, JSON.writeValueAsString(Map.of("steps", flat, "flat", same, "lostBytes", lost)));
      return same ? 0 : 1;
    }
  }

  private void measure(GpuWorkloads.Row row) {
    boolean single = row.workload().name().equals(GpuWorkloads.TRANSPORT);
    DType storage = cuda.arithmetic() == Arithmetic.BF16 && !single ? DType.BF16 : DType.F32;
    try (Computation c = new Computation(row.workload(), device, storage)) {
      String name = row.workload().name();
      add(name, "forward", timed(c::forward), storage.bytes() * row.forwardElements());
      add(
          name,
          "forward + backward",
          timed(c::forwardBackward),
          storage.bytes() * row.backwardElements());
    }
  }

  /** Writes a measurement down. */
  void add(String row, String mode, double[] ms, long bytes) {
    ObjectNode r = results.addObject();
    r.put("row", row).put("mode", mode).put("bytes", bytes).put("note", "");
    for (double v : ms) {
      r.withArray("ms").add(v);
    }
    System.out.printf(
        Locale.ROOT, "%-24s %-20s %10.4f ms%n", row, mode, Arrays.stream(ms).min().orElseThrow());
  }

  /** Milliseconds of one run, for each round. */
  double[] timed(Runnable run) {
    if (simulated()) {
      return new double[] {seconds(run, 1) * 1e3};
    }
    for (int i = 0; i < WARM_UP; i++) {
      run.run();
    }
    double once = Math.max(seconds(run, 1), 1e-6);
    int count = (int) Math.max(3, Math.min(2000, ROUND_SECONDS / once));
    double[] rounds = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      rounds[i] = seconds(run, count) / count * 1e3;
    }
    return rounds;
  }

  private double seconds(Runnable run, int count) {
    cuda.synchronize();
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      run.run();
    }
    cuda.synchronize();
    return (System.nanoTime() - start) * 1e-9;
  }

  /** GB/s of a copy on the device, bytes read and written. */
  private double copyBandwidth() {
    long bytes = simulated() ? 1 << 16 : COPIED;
    try (DeviceScratch a = cuda.scratch(bytes);
        DeviceScratch b = cuda.scratch(bytes)) {
      cuda.driver().fill(a.address(), 0, bytes / 4);
      double[] ms = timed(() -> cuda.driver().copy(b.address(), a.address(), bytes));
      return 2.0 * bytes / Arrays.stream(ms).min().orElseThrow() / 1e6;
    }
  }

  /** Writes everything measured. */
  void write(Path file) throws IOException {
    ObjectNode page = JSON.createObjectNode();
    page.put("device", cuda.properties().name());
    page.put("backend", cuda.description());
    page.put("simulated", simulated());
    page.put("precision", cuda.arithmetic().name().toLowerCase(Locale.ROOT));
    page.put("copyGBs", copyBandwidth());
    page.set("results", results);
    JSON.writeValue(file.toFile(), page);
  }
}
