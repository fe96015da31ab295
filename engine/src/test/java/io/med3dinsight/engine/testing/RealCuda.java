package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.DeviceException;

/**
 * The first CUDA device of this machine. Tests that need it are skipped with the reason where there
 * is none, or fail where the environment says {@code REQUIRE_CUDA=1}.
 */
final class RealCuda {
  private RealCuda() {}

  static boolean required() {
    return "1".equals(System.getenv("REQUIRE_CUDA"));
  }

  /**
   * Opens the device.
   *
   * @throws DeviceException saying why there is none
   */
  static Device open(Arithmetic arithmetic) {
    return Device.parse("cuda", 0, arithmetic);
  }
}
