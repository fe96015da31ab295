package io.med3dinsight.engine.tensor;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.nvidia.Cuda;
import java.util.Locale;

/** A place where tensors live. Devices are compared by identity of their backend. */
public final class Device {
  private static final class Default {
    static final Device CPU = new Device("cpu", new CpuBackend());
  }

  private final String name;
  private final Backend backend;

  private Device(String name, Backend backend) {
    this.name = name;
    this.backend = backend;
  }

  /** The CPU with all its processors; one for the whole process. */
  public static Device cpu() {
    return Default.CPU;
  }

  /** A CPU device of its own, with its own memory pool and this many threads. */
  public static Device cpu(int threads) {
    return of(new CpuBackend(threads));
  }

  /** A device on a backend that the caller made. */
  public static Device of(Backend backend) {
    String name =
        backend instanceof CpuBackend ? "cpu" : backend instanceof CudaBackend ? "cuda" : "device";
    return new Device(name, backend);
  }

  /** {@link #parse(String, int, Arithmetic)} in single precision. */
  public static Device parse(String name, int threads) {
    return parse(name, threads, Arithmetic.FP32);
  }

  /**
   * The device named {@code cpu} or {@code cuda[:n]}. A CUDA device opened so has a stream and a
   * memory pool of its own, until {@link CudaBackend#close}.
   *
   * @param threads number of CPU threads, 0 for all processors
   * @param arithmetic of products; the CPU has single precision only
   * @throws DeviceException saying why a CUDA device cannot be used and what to do
   * @throws IllegalArgumentException for any other name, or arithmetic that the device does not do
   */
  public static Device parse(String name, int threads, Arithmetic arithmetic) {
    String n = name.toLowerCase(Locale.ROOT);
    if (n.equals("cpu")) {
      if (arithmetic != Arithmetic.FP32) {
        throw new IllegalArgumentException(
            "The CPU computes in single precision only, but "
                + arithmetic.name().toLowerCase(Locale.ROOT)
                + " was asked for: use fp32, or --device cuda.");
      }
      return threads > 0 ? cpu(threads) : cpu();
    }
    if (n.matches("cuda(:\\d{1,4})?")) {
      int ordinal = n.equals("cuda") ? 0 : Integer.parseInt(n.substring(5));
      return new Device(n, Cuda.open(ordinal, CudaOptions.DEFAULT.with(arithmetic)));
    }
    throw new IllegalArgumentException(
        "Device '" + name + "' is unknown: expected cpu or cuda[:n].");
  }

  public Backend backend() {
    return backend;
  }

  @Override
  public String toString() {
    return name;
  }
}
