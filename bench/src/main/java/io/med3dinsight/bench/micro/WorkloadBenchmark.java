package io.med3dinsight.bench.micro;

import io.med3dinsight.bench.Computation;
import io.med3dinsight.bench.Workloads;
import io.med3dinsight.engine.tensor.Device;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Measures a workload forward, and forward with its gradients, on all processors. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public abstract class WorkloadBenchmark {
  private Computation computation;

  /** Name of the workload, see {@link Workloads#named}. */
  abstract String workload();

  @Setup
  public void open() {
    computation = new Computation(Workloads.named(workload()), Device.cpu());
  }

  @TearDown
  public void close() {
    computation.close();
  }

  @Benchmark
  public void forward() {
    computation.forward();
  }

  @Benchmark
  public void forwardBackward() {
    computation.forwardBackward();
  }
}
