package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Device;
import picocli.CommandLine.Option;

/** Where to compute; a mixin for commands that run the engine. */
final class ComputeOptions {
  @Option(
      names = "--device",
      paramLabel = "cpu|cuda[:n]",
      defaultValue = "cpu",
      description = "Where to compute (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "0",
      description = "CPU threads, 0 for all processors (default). Results do not depend on it.")
  private int threads;

  @Option(
      names = "--precision",
      paramLabel = "fp32|tf32|bf16",
      defaultValue = "fp32",
      description = {
        "Arithmetic of products on a CUDA device (default: ${DEFAULT-VALUE}); parameters, losses"
            + " and norms stay in fp32."
      })
  private String precision;

  /** Number of CPU threads that computing takes. */
  int threads() {
    if (threads < 0) {
      throw new UsageException(
          "--threads is " + threads + ": expected a positive number, or 0 for all processors.");
    }
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /**
   * The device asked for.
   *
   * @throws UsageException for a name that is no device, or a precision that it does not have
   * @throws io.med3dinsight.engine.tensor.DeviceException for a device that cannot be used
   */
  Device device() {
    Arithmetic arithmetic = arithmetic();
    if (arithmetic != Arithmetic.FP32 && device.equalsIgnoreCase("cpu")) {
      throw new UsageException(
          "--precision "
              + precision
              + " needs a CUDA device, the CPU computes in fp32 only: add --device cuda, or leave"
              + " --precision out.");
    }
    try {
      return Device.parse(device, threads(), arithmetic);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--device: " + e.getMessage(), e);
    }
  }

  private Arithmetic arithmetic() {
    for (Arithmetic a : Arithmetic.values()) {
      if (a.name().equalsIgnoreCase(precision)) {
        return a;
      }
    }
    throw new UsageException("--precision is '" + precision + "': expected fp32, tf32 or bf16.");
  }
}
