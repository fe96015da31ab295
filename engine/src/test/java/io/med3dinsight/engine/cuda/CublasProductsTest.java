package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.op.MatMul;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows for columns: what cuBLAS is asked for gives the tensors' product. */
final class CublasProductsTest {
  private final HostDriver driver = new HostDriver(1 << 24);
  private final HostBackend cuda = new HostBackend(driver, CudaOptions.DEFAULT);
  private final SimulatedCublas cublas = new SimulatedCublas(driver);
  private final CublasProducts products = new CublasProducts(cuda, cublas);
  private final Random random = new Random(5);

  private float[] values(int... shape) {
    float[] v = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < v.length; i++) {
      v[i] = random.nextInt(17) - 8;
    }
    return v;
  }

  private static int[] shape(String batch, int rows, int columns) {
    String text = batch == null ? "" : batch + " ";
    return Arrays.stream((text + rows + " " + columns).split(" "))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  @ParameterizedTest
  @CsvSource({
    ", , 1",
    "3, 3, 1",
    "3, , 1",
    ", 3, 1",
    "2 3, 2 3, 1",
    "2 3, 2 1, 2",
    "2 1 2, 1 3 2, 6"
  })
  void everyTranspositionAndBroadcast(String batchA, String batchB, int calls) {
    for (int bits = 0; bits < 8; bits++) {
      boolean ta = (bits & 1) != 0;
      boolean tb = (bits & 2) != 0;
      DType dtype = (bits & 4) != 0 ? DType.BF16 : DType.F32;
      int[] sa = shape(batchA, ta ? 5 : 4, ta ? 4 : 5);
      int[] sb = shape(batchB, tb ? 6 : 5, tb ? 5 : 6);
      float[] va = values(sa);
      float[] vb = values(sb);
      try (Scope s = Scope.open()) {
        Tensor expected =
            MatMul.of(Tensor.of(Device.cpu(), va, sa), ta, Tensor.of(Device.cpu(), vb, sb), tb);
        Device d = Device.of(cuda);
        Tensor y = Tensor.empty(d, new TensorType(DType.F32, expected.shape()));
        int before = cublas.calls();
        Tensor a = Tensor.of(d, va, sa).cast(dtype);
        Tensor b = Tensor.of(d, vb, sb).cast(dtype);
        assertTrue(products.multiply(new MatMul(ta, tb), a, b, y));
        // Small integers are exact in every type.
        assertArrayEquals(expected.toFloats(), y.toFloats());
        boolean oneByOne = batchB == null && ta && batchA != null;
        assertEquals(oneByOne ? 1 : calls, cublas.calls() - before);
      }
    }
  }

  @Test
  void viewsStartWhereTheyStart() {
    try (Scope s = Scope.open()) {
      Device d = Device.of(cuda);
      Tensor a = Tensor.of(d, new float[] {9, 1, 2, 3, 4}, 5).view(1, Shape.of(2, 2));
      Tensor b = Tensor.of(d, new float[] {9, 9, 9, 1, 0, 0, 1}, 7).view(3, Shape.of(2, 2));
      Tensor y = Tensor.empty(d, TensorType.f32(2, 2));
      assertTrue(products.multiply(new MatMul(false, false), a, b, y));
      assertArrayEquals(new float[] {1, 2, 3, 4}, y.toFloats());
    }
  }

  @Test
  void manyCallsAreLeftToTheKernels() {
    try (Scope s = Scope.open()) {
      Device d = Device.of(cuda);
      Tensor a = Tensor.zeros(d, 20, 1, 3, 2, 2);
      Tensor b = Tensor.zeros(d, 1, 20, 3, 2, 2);
      Tensor y = Tensor.empty(d, TensorType.f32(20, 20, 3, 2, 2));
      assertFalse(products.multiply(new MatMul(false, false), a, b, y));
      assertEquals(0, cublas.calls());
    }
  }
}
