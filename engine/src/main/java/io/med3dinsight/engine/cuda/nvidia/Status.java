package io.med3dinsight.engine.cuda.nvidia;

import io.med3dinsight.engine.tensor.DeviceException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** What the driver's calls return. */
final class Status {
  private Status() {}

  /**
   * @param doing what was tried, as in "while copying to the device"
   * @throws DeviceException unless the call succeeded
   */
  static void check(int result, String doing) {
    if (result != CUresult.CUDA_SUCCESS) {
      throw new DeviceException(
          "The CUDA driver failed while "
              + doing
              + ": "
              + named(result)
              + (isFault(result)
                  ? "; a kernel that ran before did this, and the device cannot be used by this"
                      + " program any more: please report it."
                  : "."));
    }
  }

  /** Errors of a kernel, after which the context is lost. */
  private static boolean isFault(int result) {
    return result == CUresult.CUDA_ERROR_ILLEGAL_ADDRESS
        || result == CUresult.CUDA_ERROR_MISALIGNED_ADDRESS
        || result == CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION
        || result == CUresult.CUDA_ERROR_INVALID_PC
        || result == CUresult.CUDA_ERROR_ASSERT
        || result == CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR
        || result == CUresult.CUDA_ERROR_LAUNCH_FAILED;
  }

  /** Name and meaning of an error. */
  static String named(int result) {
    String[] text = new String[1];
    int known = JCudaDriver.cuGetErrorString(result, text);
    String name = CUresult.stringFor(result);
    return known == CUresult.CUDA_SUCCESS && text[0] != null ? name + " (" + text[0] + ")" : name;
  }
}
