package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.tensor.DeviceException;
import java.util.List;

/** The CUDA devices of this machine. */
public final class Cuda {
  private Cuda() {}

  /**
   * A backend on a device, with a stream and a memory pool of its own.
   *
   * @param ordinal which device, from 0 on, as the driver counts them
   * @throws DeviceException saying in one sentence why the device cannot be used and what to do
   */
  public static CudaBackend open(int ordinal, CudaOptions options) {
    return opened(Installation.ofProcess(), ordinal, options).backend();
  }

  /**
   * What there is of CUDA on this machine. Loads its libraries; never throws for what is missing.
   */
  public static CudaReport report() {
    return CudaReport.of(Installation.ofProcess());
  }

  /** A backend and what was found of the libraries for it. */
  record Opened(CudaBackend backend, Libraries.Findings libraries) {}

  static Opened opened(Installation installation, int ordinal, CudaOptions options) {
    try {
      // First the devices, then the driver: without JCuda its class does not load.
      Gpu gpu = choose(installation.gpus(), ordinal);
      JCudaDriver driver = new JCudaDriver(gpu);
      CudaBackend backend = new CudaBackend(driver, options);
      return new Opened(backend, Libraries.attach(installation, driver, backend));
    } catch (DeviceException e) {
      throw new DeviceException(
          "Device 'cuda:"
              + ordinal
              + "' cannot be used: "
              + e.getMessage().replaceFirst("\\.$", "")
              + ", or use --device cpu.",
          e);
    }
  }

  private static Gpu choose(List<Gpu> gpus, int ordinal) {
    if (ordinal >= gpus.size()) {
      throw new DeviceException(
          "there "
              + (gpus.size() == 1
                  ? "is 1 GPU, cuda:0"
                  : "are " + gpus.size() + " GPUs, cuda:0 to cuda:" + (gpus.size() - 1))
              + "; choose one that is there");
    }
    Gpu gpu = gpus.get(ordinal);
    if (gpu.unfit() != null) {
      throw new DeviceException(gpu.unfit() + "; choose a newer GPU");
    }
    return gpu;
  }
}
