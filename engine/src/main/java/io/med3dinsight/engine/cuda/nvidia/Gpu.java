package io.med3dinsight.engine.cuda.nvidia;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;

import io.med3dinsight.engine.cuda.CudaProperties;
import io.med3dinsight.engine.tensor.DeviceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/** A device that the driver offers. The driver's library and JCuda's must be loaded already. */
record Gpu(int ordinal, CUdevice device, CudaProperties properties) {
  /** The CUDA version that the PTX needs of the driver, and the driver that first had it. */
  static final int OLDEST_CUDA = 11080;

  private static final String OLDEST_DRIVER = "520";
  private static final int NEEDED_MAJOR = 8;
  private static final int NAME_BYTES = 256;

  /** The CUDA version of the driver, 12040 for 12.4. */
  static int driverVersion() {
    int[] version = new int[1];
    Status.check(JCudaDriver.cuDriverGetVersion(version), "asking for its version");
    return version[0];
  }

  /** 12.4 for 12040. */
  static String shown(int version) {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /**
   * All devices.
   *
   * @throws DeviceException saying why there is none
   */
  static List<Gpu> all() {
    int version = driverVersion();
    if (version < OLDEST_CUDA) {
      throw new DeviceException(
          "the NVIDIA driver supports CUDA "
              + shown(version)
              + ", but the kernels need "
              + shown(OLDEST_CUDA)
              + "; update the driver to "
              + OLDEST_DRIVER
              + " or newer");
    }
    int result = JCudaDriver.cuInit(0);
    int[] count = new int[1];
    if (result == CUresult.CUDA_SUCCESS) {
      result = JCudaDriver.cuDeviceGetCount(count);
    }
    if (result == CUresult.CUDA_ERROR_NO_DEVICE
        || result == CUresult.CUDA_SUCCESS && count[0] == 0) {
      throw new DeviceException(
          "the NVIDIA driver is there but shows no GPU; look at nvidia-smi and at"
              + " CUDA_VISIBLE_DEVICES");
    }
    if (result != CUresult.CUDA_SUCCESS) {
      throw new DeviceException(
          "the NVIDIA driver does not start: " + Status.named(result) + "; look at nvidia-smi");
    }
    List<Gpu> all = new ArrayList<>();
    for (int i = 0; i < count[0]; i++) {
      all.add(of(i, version));
    }
    return all;
  }

  private static Gpu of(int ordinal, int driverVersion) {
    CUdevice device = new CUdevice();
    Status.check(JCudaDriver.cuDeviceGet(device, ordinal), "choosing cuda:" + ordinal);
    byte[] name = new byte[NAME_BYTES];
    Status.check(JCudaDriver.cuDeviceGetName(name, NAME_BYTES, device), "asking for a name");
    long[] bytes = new long[1];
    Status.check(JCudaDriver.cuDeviceTotalMem(bytes, device), "asking for a device's memory");
    return new Gpu(
        ordinal,
        device,
        new CudaProperties(
            text(name),
            attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
            attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
            attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
            attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR),
            bytes[0],
            driverVersion));
  }

  private static String text(byte[] zeroTerminated) {
    int end = 0;
    while (end < zeroTerminated.length && zeroTerminated[end] != 0) {
      end++;
    }
    return new String(zeroTerminated, 0, end, StandardCharsets.UTF_8);
  }

  private static int attribute(CUdevice device, int which) {
    int[] value = new int[1];
    Status.check(
        JCudaDriver.cuDeviceGetAttribute(value, which, device), "asking for a device's properties");
    return value[0];
  }

  /** Why this device cannot run the kernels, or null. */
  String unfit() {
    if (properties.major() >= NEEDED_MAJOR) {
      return null;
    }
    return properties.name()
        + " has compute capability "
        + properties.major()
        + "."
        + properties.minor()
        + ", but the kernels need "
        + NEEDED_MAJOR
        + ".0 or newer";
  }

  @Override
  public String toString() {
    return "cuda:"
        + ordinal
        + " "
        + properties.name()
        + ", compute capability "
        + properties.major()
        + "."
        + properties.minor()
        + ", "
        + (properties.totalBytes() >> 20)
        + " MiB";
  }
}
