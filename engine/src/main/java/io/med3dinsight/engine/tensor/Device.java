package io.med3dinsight.engine.tensor;

import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cuda.CudaBackend;
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

  /**
   * The device named {@code cpu} or {@code cuda[:n]}.
   *
   * @param threads number of CPU threads, 0 for all processors
   * @throws DeviceException for CUDA, which this version does not hold
   * @throws IllegalArgumentException for any other name
   */
  public static Device parse(String name, int threads) {
    String n = name.toLowerCase(Locale.ROOT);
    if (n.equals("cpu")) {
      return threads > 0 ? cpu(threads) : cpu();
    }
    if (n.matches("cuda(:\\d+)?")) {
      throw new DeviceException(
          "Device '"
              + name
              + "' cannot be used: this version computes on the CPU only; use --device cpu.");
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
