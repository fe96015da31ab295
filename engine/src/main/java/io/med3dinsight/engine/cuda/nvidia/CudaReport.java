package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.tensor.DeviceException;
import java.util.List;

/**
 * What there is of CUDA on this machine, each part with its path and version, or why it is not used
 * and what to do.
 *
 * @param usable whether {@code cuda:0} can compute
 * @param driver the driver's library and version
 * @param devices each with its compute capability and memory
 * @param natives JCuda's native libraries
 * @param cublas for matrix products
 * @param cudnn for convolutions
 * @param backend what computes with {@code --device cuda}
 */
public record CudaReport(
    boolean usable,
    String driver,
    List<String> devices,
    String natives,
    String cublas,
    String cudnn,
    String backend) {

  /** What there is where the simulator stands in for a GPU. */
  static CudaReport simulated() {
    return new CudaReport(
        true,
        "not used: simulated, by -D" + Cuda.SIMULATED,
        List.of("cuda:0 PTX simulator"),
        "not used",
        "not used",
        "not used",
        "cuda:0, simulated: own kernels, no times");
  }

  static CudaReport of(Installation installation) {
    String natives =
        installation.driverNatives() == null
            ? "JCuda " + JCudaNatives.VERSION
            : installation.driverNatives();
    NativeLibrary driver = installation.driver();
    if (!driver.loaded()) {
      String text =
          (driver.path() == null ? driver.name() : driver.path()) + ": " + driver.problem();
      return unusable(installation, text, List.of(), natives, "no NVIDIA driver");
    }
    String text = driver.path().toString();
    List<Gpu> gpus;
    try {
      gpus = installation.gpus();
    } catch (DeviceException e) {
      return unusable(installation, text, List.of(), natives, e.getMessage());
    }
    text += ", CUDA " + Gpu.shown(gpus.get(0).properties().driverVersion());
    List<String> devices = gpus.stream().map(CudaReport::described).toList();
    return tried(installation, text, devices, natives);
  }

  private static String described(Gpu gpu) {
    return gpu + (gpu.unfit() == null ? "" : " (not usable: " + gpu.unfit() + ")");
  }

  private static CudaReport tried(
      Installation installation, String driver, List<String> devices, String natives) {
    try {
      Cuda.Opened opened = Cuda.opened(installation, 0, CudaOptions.DEFAULT);
      try (CudaBackend cuda = opened.backend()) {
        return new CudaReport(
            true,
            driver,
            devices,
            natives,
            opened.libraries().cublas().text(),
            opened.libraries().cudnn().text(),
            "cuda:0, matrix products by "
                + cuda.matrixProducts().description()
                + ", convolutions by "
                + cuda.convolutions().description());
      }
    } catch (DeviceException e) {
      return unusable(installation, driver, devices, natives, e.getMessage());
    }
  }

  private static CudaReport unusable(
      Installation installation, String driver, List<String> devices, String natives, String why) {
    return new CudaReport(
        false,
        driver,
        devices,
        natives,
        installation.located("cublas"),
        installation.located("cudnn"),
        "not usable, computing on the CPU (" + why.replaceFirst("\\.$", "") + ")");
  }
}
