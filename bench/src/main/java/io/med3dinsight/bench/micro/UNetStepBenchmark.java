package io.med3dinsight.bench.micro;

import io.med3dinsight.bench.UNetStep;
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

/** A training step of a small UNet, see {@link UNetStep}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class UNetStepBenchmark {
  private UNetStep step;

  @Setup
  public void open() {
    step = new UNetStep(Device.cpu());
  }

  @TearDown
  public void close() {
    step.close();
  }

  @Benchmark
  public double[] step() {
    return step.step();
  }
}
