package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import org.junit.jupiter.api.Test;

/** Running out of device memory says what it was for, and leaves the device usable. */
class OutOfMemoryTest {
  private static final int MIB = 1 << 18;

  private final CudaBackend cuda =
      new CudaBackend(
          new SimulatedDriver(SimulatorOptions.defaults().withMemoryLimit(8L << 20)),
          CudaOptions.DEFAULT.ownKernels());
  private final Device device = Device.of(cuda);

  @Test
  void theMessageNamesOpTensorAndWhatIsInUse() {
    try (Scope s = Scope.open()) {
      Tensor x = Tensor.zeros(device, 5 * MIB);
      String message = assertThrows(DeviceException.class, () -> x.mul(2f)).getMessage();
      assertTrue(
          message.startsWith(
              "In Affine: Out of device memory: 5.0 MiB asked for a tensor of 1310720 F32 elements"
                  + " with 5.0 MiB in use by tensors and "),
          message);
      assertTrue(message.endsWith("use a smaller batch or patch, or --precision bf16."), message);
      message =
          assertThrows(DeviceException.class, () -> cuda.scratch(6L << 20).close()).getMessage();
      assertTrue(message.contains("6.0 MiB asked for workspace with 5.0 MiB in use"), message);
    }
    assertEquals(0, cuda.memory().active());
    try (Scope s = Scope.open()) {
      assertEquals(0f, Tensor.zeros(device, 3 * MIB).mul(2f).toFloats()[0]);
    }
  }
}
