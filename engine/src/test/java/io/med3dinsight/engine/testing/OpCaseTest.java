package io.med3dinsight.engine.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.ViewOp;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.DeviceException;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Runs every {@link OpCase} on every backend. {@code -Dcase=text} picks the cases whose name
 * contains the text.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OpCaseTest {
  private static final Pattern PRODUCTS = Pattern.compile("^(matmul|attention|conv|transposed)");

  @TestFactory
  @Order(1)
  Stream<DynamicTest> scalar() throws Exception {
    return suite("scalar", DType.F32, Device.of(new ObservedCpuBackend(Kernels.scalar())));
  }

  @TestFactory
  @Order(2)
  Stream<DynamicTest> simd() throws Exception {
    return suite("simd", DType.F32, Device.of(new ObservedCpuBackend(Kernels.simd())));
  }

  /** The PTX that ships, on the simulator. */
  @TestFactory
  @Order(3)
  Stream<DynamicTest> simulatedCuda() throws Exception {
    return suite("simulated cuda", DType.F32, ObservedCudaBackend.simulated(Arithmetic.FP32));
  }

  @TestFactory
  @Order(4)
  Stream<DynamicTest> simulatedCudaBf16() throws Exception {
    return suite(
        "simulated cuda, bf16", DType.BF16, ObservedCudaBackend.simulated(Arithmetic.BF16));
  }

  /** The ops whose products TensorFloat-32 changes; the others compute as in float32. */
  @TestFactory
  @Order(4)
  Stream<DynamicTest> simulatedCudaTf32() throws Exception {
    Device device = ObservedCudaBackend.simulated(Arithmetic.TF32);
    String pick = System.getProperty("case", "");
    return OpCases.all().stream()
        .filter(c -> c.name.contains(pick) && PRODUCTS.matcher(c.name).find())
        .map(
            c -> {
              OpCaseRunner.tf32(c);
              return DynamicTest.dynamicTest(
                  c.name + " / simulated cuda, tf32", () -> OpCaseCheck.run(c, device, DType.F32));
            });
  }

  /** The first GPU of this machine, with NVIDIA's libraries where they are. */
  @TestFactory
  @Order(5)
  Stream<DynamicTest> realCuda() throws Exception {
    return suite("real cuda", DType.F32, real(Arithmetic.FP32));
  }

  @TestFactory
  @Order(6)
  Stream<DynamicTest> realCudaBf16() throws Exception {
    return suite("real cuda, bf16", DType.BF16, real(Arithmetic.BF16));
  }

  private static Device real(Arithmetic arithmetic) {
    try {
      return RealCuda.open(arithmetic);
    } catch (DeviceException e) {
      assumeTrue(RealCuda.required(), e.getMessage());
      throw e;
    }
  }

  /** An op that no case runs fails here. */
  @Test
  @Order(9)
  void everyOpHasACase() throws Exception {
    if (System.getProperty("case") != null) {
      return;
    }
    TreeSet<String> missing = new TreeSet<>();
    for (Class<?> c : OpCases.classes("io.med3dinsight.engine.op", Op.class)) {
      boolean ran = ObservedCpuBackend.SEEN.contains(c);
      if (!ViewOp.class.isAssignableFrom(c) && !ran) {
        missing.add(c.getSimpleName());
      }
    }
    assertTrue(
        missing.isEmpty(), "ops without an OpCase in io.med3dinsight.engine.cases: " + missing);
  }

  private static Stream<DynamicTest> suite(String backend, DType storage, Device device)
      throws Exception {
    String pick = System.getProperty("case", "");
    return OpCases.all().stream()
        .filter(c -> c.name.contains(pick))
        .filter(c -> c.bf16 || storage != DType.BF16)
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.name + " / " + backend, () -> OpCaseCheck.run(c, device, storage)));
  }
}
