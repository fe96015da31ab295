package io.med3dinsight.bench.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.bench.Computation;
import io.med3dinsight.bench.GpuWorkloads;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.DeviceScratch;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Measures the engine on a CUDA device as {@code gpu_peer.py} measures PyTorch: each row is warmed
 * up, then timed in rounds of as many runs as fill a fifth of a second, with one synchronisation at
 * the end of a round.
 */
public final class GpuBenchmark {
  static final int ROUNDS = 10;

  private static final double ROUND_SECONDS = 0.2;
  private static final int WARM_UP = 5;
  private static final long COPIED = 1L << 30;
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Device device;
  private final CudaBackend cuda;
  private final ArrayNode results = JSON.createArrayNode();

  GpuBenchmark(Device device) {
    this.device = device;
    this.cuda = (CudaBackend) device.backend();
  }

  /** Measures the rows named, or all of {@link GpuWorkloads}. */
  void run(List<String> rows) {
    for (GpuWorkloads.Row row : GpuWorkloads.all()) {
      if (rows.isEmpty() || rows.contains(row.workload().name())) {
        measure(row);
        cuda.releaseCache();
      }
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
    try (DeviceScratch a = cuda.scratch(COPIED);
        DeviceScratch b = cuda.scratch(COPIED)) {
      cuda.driver().fill(a.address(), 0, COPIED / 4);
      double[] ms = timed(() -> cuda.driver().copy(b.address(), a.address(), COPIED));
      return 2.0 * COPIED / Arrays.stream(ms).min().orElseThrow() / 1e6;
    }
  }

  /** Writes everything measured. */
  void write(Path file) throws IOException {
    ObjectNode page = JSON.createObjectNode();
    page.put("device", cuda.properties().name());
    page.put("backend", cuda.description());
    page.put("precision", cuda.arithmetic().name().toLowerCase(Locale.ROOT));
    page.put("copyGBs", copyBandwidth());
    page.set("results", results);
    JSON.writeValue(file.toFile(), page);
  }
}
