package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.CudaBackend;
import io.med3dinsight.engine.cuda.CudaOptions;
import io.med3dinsight.engine.cuda.SimulatedDriver;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The CUDA devices of this machine. */
public final class Cuda {
  /**
   * {@code true} puts the PTX simulator in the place of cuda:0, to try programs where there is no
   * GPU. Results are those of the kernels that ship; times mean nothing.
   */
  public static final String SIMULATED = "med3dinsight.cuda.simulated";

  private static final Logger LOG = LoggerFactory.getLogger(Cuda.class);

  private Cuda() {}

  static boolean simulated() {
    return Boolean.getBoolean(SIMULATED);
  }

  private static CudaBackend simulator(CudaOptions options) {
    LOG.warn(
        "-D{}=true: a simulator computes in the place of a GPU, and times mean nothing", SIMULATED);
    int threads = Runtime.getRuntime().availableProcessors();
    SimulatorOptions how = SimulatorOptions.defaults().withHostThreads(threads);
    return new CudaBackend(new SimulatedDriver(how), options.ownKernels());
  }

  /**
   * A backend on a device, with a stream and a memory pool of its own.
   *
   * @param ordinal which device, from 0 on, as the driver counts them
   * @throws DeviceException saying in one sentence why the device cannot be used and what to do
   */
  public static CudaBackend open(int ordinal, CudaOptions options) {
    return simulated() && ordinal == 0
        ? simulator(options)
        : opened(Installation.ofProcess(), ordinal, options).backend();
  }

  /**
   * What there is of CUDA on this machine. Loads its libraries; never throws for what is missing.
   */
  public static CudaReport report() {
    return simulated() ? CudaReport.simulated() : CudaReport.of(Installation.ofProcess());
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
