package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.cuda.CudaDriver;
import io.med3dinsight.engine.cuda.CudaProperties;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.kernels.catalogue.Catalogue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUjit_option;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import jcuda.driver.JITOptions;

/** A kernel on the device, with the dynamic shared memory that it was allowed so far. */
final class LoadedKernel implements CudaDriver.Function {
  private static final int LOG_BYTES = 8192;

  /** Shared memory that a block may have without asking for more. */
  private static final int PLAIN_SHARED_BYTES = 48 << 10;

  private final String name;
  private final CUfunction function;
  private int allowedShared = PLAIN_SHARED_BYTES;

  private LoadedKernel(String name, CUfunction function) {
    this.name = name;
    this.function = function;
  }

  String name() {
    return name;
  }

  CUfunction function() {
    return function;
  }

  /**
   * Lets a block have this much dynamic shared memory: more than 48 KiB must be asked for, once for
   * each kernel. The device refuses what is beyond {@link CudaProperties#sharedBytesPerBlock}.
   *
   * @return the driver's answer
   */
  int allowShared(int bytes) {
    if (bytes <= allowedShared) {
      return CUresult.CUDA_SUCCESS;
    }
    int result =
        JCudaDriver.cuFuncSetAttribute(
            function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
    if (result == CUresult.CUDA_SUCCESS) {
      allowedShared = bytes;
    }
    return result;
  }

  /** The kernel of this name. */
  static LoadedKernel of(CUmodule module, String kernel) {
    CUfunction f = new CUfunction();
    Status.check(
        JCudaDriver.cuModuleGetFunction(f, module, kernel), "looking for the kernel " + kernel);
    return new LoadedKernel(kernel, f);
  }

  /**
   * Has the driver compile a family's PTX.
   *
   * @throws DeviceException with what its compiler says
   */
  static CUmodule compile(String family, CudaProperties device) {
    byte[] ptx = Catalogue.ptx(family).getBytes(StandardCharsets.UTF_8);
    // The driver reads up to a zero.
    byte[] terminated = Arrays.copyOf(ptx, ptx.length + 1);
    JITOptions options = new JITOptions();
    options.putInt(CUjit_option.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, LOG_BYTES);
    options.putBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER, new byte[LOG_BYTES]);
    CUmodule module = new CUmodule();
    int result = JCudaDriver.cuModuleLoadDataJIT(module, Pointer.to(terminated), options);
    if (result == CUresult.CUDA_SUCCESS) {
      return module;
    }
    if (result == CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION) {
      throw new DeviceException(
          "The NVIDIA driver (CUDA "
              + Gpu.shown(device.driverVersion())
              + ") is too old for the kernels of "
              + family
              + "; update it.");
    }
    String log = text(options.getBytes(CUjit_option.CU_JIT_ERROR_LOG_BUFFER));
    throw new DeviceException(
        "The NVIDIA driver does not compile the kernels of "
            + family
            + " for "
            + device.name()
            + ": "
            + Status.named(result)
            + (log.isEmpty() ? "." : ": " + log));
  }

  private static String text(byte[] log) {
    if (log == null) {
      return "";
    }
    int end = 0;
    while (end < log.length && log[end] != 0) {
      end++;
    }
    return new String(log, 0, end, StandardCharsets.UTF_8).strip();
  }
}
