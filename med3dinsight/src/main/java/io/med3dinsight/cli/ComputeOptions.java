package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
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
   * @throws UsageException for a name that is no device
   * @throws io.med3dinsight.engine.tensor.DeviceException for a device that cannot be used
   */
  Device device() {
    try {
      return Device.parse(device, threads());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--device: " + e.getMessage(), e);
    }
  }
}
