package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cpu.Conv;
import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Descriptors, the order of weights, plans and what is left to the kernels. */
final class CudnnConvolutionsTest {
  private final HostDriver driver = new HostDriver(1 << 24);
  private final HostBackend cuda = new HostBackend(driver, CudaOptions.DEFAULT);
  private final SimulatedCudnn cudnn = new SimulatedCudnn(driver);
  private final CudnnConvolutions convolutions = new CudnnConvolutions(cuda, cudnn);
  private final CpuBackend cpu = new CpuBackend(1);
  private final Device device = Device.of(cuda);
  private final Random random = new Random(3);

  private static List<ConvGeometry> geometries(boolean outFirst) {
    ConvAxis plain = ConvAxis.forward(5, 3, 1, 1, 1);
    ConvAxis strided = ConvAxis.forward(6, 2, 2, 0, 1);
    ConvAxis dilated = ConvAxis.forward(7, 3, 1, 2, 2);
    return List.of(
        new ConvGeometry(2, 3, 4, 1, plain, strided, dilated, outFirst),
        new ConvGeometry(1, 4, 6, 2, dilated, plain, strided, outFirst),
        new ConvGeometry(1, 4, 4, 4, strided, dilated, plain, outFirst));
  }

  /** Small integers, which BF16 holds exactly; sums stay exact where the test says so. */
  private float[] values(int n) {
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = random.nextInt(3) - 1;
    }
    return v;
  }

  /** A tensor that starts at an odd element. */
  private Tensor view(float[] v, DType dtype) {
    float[] shifted = new float[v.length + 1];
    System.arraycopy(v, 0, shifted, 1, v.length);
    return Tensor.of(device, shifted, shifted.length).cast(dtype).view(1, Shape.of(v.length));
  }

  private static int[] input(ConvGeometry g) {
    return new int[] {g.batch(), g.d().in(), g.h().in(), g.w().in(), g.inChannels()};
  }

  private static int[] output(ConvGeometry g) {
    return new int[] {g.batch(), g.d().out(), g.h().out(), g.w().out(), g.outChannels()};
  }

  private Tensor empty(DType dtype, int... extents) {
    return Tensor.empty(device, new TensorType(dtype, Shape.of(extents)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allPassesInBothOrdersOfWeights(boolean outFirst) {
    for (ConvGeometry g : geometries(outFirst)) {
      for (DType dtype : List.of(DType.F32, DType.BF16)) {
        float[] x = values(g.inputSize());
        float[] w = values(g.weightSize());
        float[] dy = values(g.outputSize());
        float[] bias = values(g.outChannels());
        float[] biasIn = values(g.inChannels());
        try (Scope s = Scope.open()) {
          Tensor tx = view(x, dtype).view(0, Shape.of(input(g)));
          Tensor tdy = view(dy, dtype).view(0, Shape.of(output(g)));
          Tensor tw = view(w, dtype);
          float[] y = new float[g.outputSize()];
          Conv.forward(cpu, g, x, 0, w, 0, bias, 0, y, 0);
          Tensor out = empty(dtype, output(g));
          assertTrue(convolutions.forward(g, tx, tw, Tensor.of(device, bias, bias.length), out));
          assertArrayEquals(y, out.toFloats());

          float[] dx = new float[g.inputSize()];
          Conv.inputGradient(cpu, g, dy, 0, w, 0, biasIn, 0, dx, 0);
          Tensor tdx = empty(dtype, input(g));
          assertTrue(
              convolutions.inputGradient(
                  g, tdy, tw, Tensor.of(device, biasIn, biasIn.length), tdx));
          assertArrayEquals(dx, tdx.toFloats());

          float[] dw = new float[g.weightSize()];
          Conv.weightGradient(cpu, g, x, 0, dy, 0, dw, 0);
          // Gradients of weights are floats beside BF16 activations.
          Tensor tdw = empty(DType.F32, dw.length);
          assertTrue(convolutions.weightGradient(g, tx, tdy, tdw));
          assertArrayEquals(dw, tdw.toFloats());
        }
      }
    }
    assertEquals(0, cuda.memory().active());
  }

  @Test
  void plansAreKeptByProblem() {
    ConvGeometry g = geometries(false).get(0);
    ConvGeometry same = geometries(true).get(0);
    for (int round = 0; round < 3; round++) {
      for (ConvGeometry each : List.of(g, same)) {
        try (Scope s = Scope.open()) {
          Tensor w = Tensor.zeros(device, each.weightSize());
          Tensor y = empty(DType.F32, output(each));
          assertTrue(convolutions.forward(each, Tensor.zeros(device, input(each)), w, null, y));
        }
      }
    }
    // The order of our weights is no part of cuDNN's problem.
    assertEquals(1, cudnn.plans());
    assertTrue(cudnn.deterministic());
    convolutions.close();
    assertEquals(0, cudnn.open());
  }

  @Test
  void whatCudnnDoesNotDoIsLeftToTheKernels() {
    CudaOptions small = new CudaOptions(Arithmetic.FP32, false, true, 100);
    HostBackend other = new HostBackend(driver, small);
    CudnnConvolutions none = new CudnnConvolutions(other, cudnn);
    ConvGeometry g = geometries(false).get(0);
    try (Scope s = Scope.open()) {
      Device d = Device.of(other);
      Tensor y = Tensor.empty(d, TensorType.f32(output(g)));
      Tensor w = Tensor.zeros(d, g.weightSize());
      for (int round = 0; round < 2; round++) {
        assertFalse(none.forward(g, Tensor.zeros(d, input(g)), w, null, y));
      }
      assertEquals(1, none.planCount());
      assertFalse(cudnn.deterministic());
      // An output padding as large as the stride gives an extent that cuDNN does not expect.
      ConvAxis odd = ConvAxis.transposed(3, 3, 1, 0, 2, 1);
      ConvGeometry irregular = new ConvGeometry(1, 1, 1, 1, odd, odd, odd, false);
      Tensor dx = Tensor.empty(d, TensorType.f32(input(irregular)));
      Tensor dy = Tensor.zeros(d, output(irregular));
      assertFalse(none.inputGradient(irregular, dy, Tensor.zeros(d, 27), null, dx));
      assertEquals(1, none.planCount());
    }
  }
}
