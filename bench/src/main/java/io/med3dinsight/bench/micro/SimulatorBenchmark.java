package io.med3dinsight.bench.micro;

import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.ptx.LaunchStatistics;
import io.med3dinsight.kernels.ptx.SimulatedArrays;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The PTX simulator on one host thread: lane instructions a second, the counter {@code
 * laneInstructions}, of kernels that ship.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SimulatorBenchmark {
  private static final int ELEMENTS = 1 << 18;
  private static final int EMBEDDINGS = 128;
  private static final int ROWS = 256;
  private static final int LENGTH = 512;

  /** Adds up what launches did; JMH divides by the time. */
  @AuxCounters
  @State(Scope.Thread)
  public static class Done {
    public long laneInstructions;

    @Setup(Level.Iteration)
    public void begin() {
      laneInstructions = 0;
    }
  }

  /** Elementwise; rows in registers; tiles in shared memory. */
  @Param({"gelu", "softmax", "distance"})
  public String kernel;

  /** Whether races and unwritten reads are looked for. */
  @Param({"true", "false"})
  public boolean checks;

  private SimulatedArrays device;
  private long in;
  private long out;

  @Setup
  public void load() {
    String family =
        kernel.equals("gelu") ? "elementwise" : kernel.equals("softmax") ? "softmax" : "cost";
    SimulatorOptions options = SimulatorOptions.defaults().withChecks(checks, checks);
    device = new SimulatedArrays(options, family, Catalogue.ptx(family));
    float[] x = new float[ELEMENTS];
    Random random = new Random(1);
    for (int i = 0; i < x.length; i++) {
      x[i] = random.nextFloat() * 2 - 1;
    }
    in = device.upload(x);
    out = device.allocate(4L * ELEMENTS);
  }

  @Benchmark
  public void run(Done done) {
    LaunchStatistics s =
        switch (kernel) {
          case "gelu" ->
              device.launch("elementwise_gelu_f32", ELEMENTS / 1024, 256, in, out, ELEMENTS, 1);
          case "softmax" ->
              device.launch("softmax_1024_f32", ROWS / 4, 128, in, out, ROWS, LENGTH, 32, 0);
          default ->
              device.launch(
                  "cost_distance_f32",
                  EMBEDDINGS / 32 * (EMBEDDINGS / 32),
                  256,
                  in,
                  in,
                  out,
                  EMBEDDINGS,
                  EMBEDDINGS,
                  EMBEDDINGS);
        };
    done.laneInstructions += s.laneInstructions();
  }
}
