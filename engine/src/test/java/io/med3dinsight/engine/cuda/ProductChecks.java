package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.cpu.ConvAxis;
import io.med3dinsight.engine.cpu.ConvGeometry;
import io.med3dinsight.engine.tensor.Arithmetic;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.SplittableRandom;

/**
 * A simulated device that computes in one {@link Arithmetic}, and the bound that results have to
 * keep: compared with the exact result of the numbers before they were rounded, the largest error
 * and the mean square error may be a few times those of the naive computation in the same
 * arithmetic (operands rounded, float32 sums one after the other, result rounded).
 */
final class ProductChecks {
  final Arithmetic arithmetic;
  final SimulatedDriver driver;
  final CudaBackend cuda;
  final CudaMatMul products;
  final CudaConv convolutions;
  private final Device device;
  private final SplittableRandom random = new SplittableRandom(5);

  ProductChecks(Arithmetic arithmetic) {
    this.arithmetic = arithmetic;
    driver = new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2));
    cuda = new CudaBackend(driver, CudaOptions.DEFAULT.ownKernels().with(arithmetic), true);
    products = new CudaMatMul(cuda);
    convolutions = new CudaConv(cuda, products);
    device = Device.of(cuda);
  }

  /** Sees the products of a sum: indices of both operands and of the result. */
  interface Terms {
    void each(Visitor v);
  }

  /** One product. */
  interface Visitor {
    void at(int a, int b, int y);
  }

  float[] uniform(int n) {
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) random.nextDouble(-1, 1);
    }
    return v;
  }

  private DType type() {
    return arithmetic == Arithmetic.BF16 ? DType.BF16 : DType.F32;
  }

  /**
   * The values on the device, in the operands' type, from element {@code offset} of their memory.
   */
  Tensor operand(float[] v, int offset, int... extents) {
    float[] padded = new float[v.length + offset];
    System.arraycopy(v, 0, padded, offset, v.length);
    Tensor whole = Tensor.empty(device, new TensorType(type(), Shape.of(padded.length)));
    whole.copyFrom(padded);
    return whole.view(offset, Shape.of(extents));
  }

  Tensor result(boolean single, int... extents) {
    return Tensor.empty(device, new TensorType(single ? DType.F32 : type(), Shape.of(extents)));
  }

  Tensor single(float[] v) {
    return v == null ? null : Tensor.of(device, v, v.length);
  }

  private float rounded(float v) {
    int bits = Float.floatToRawIntBits(v);
    return switch (arithmetic) {
      case FP32 -> v;
      case TF32 -> Float.intBitsToFloat((bits + 0x1000) & 0xffffe000);
      case BF16 -> bfloat16(v);
    };
  }

  private static float bfloat16(float v) {
    int bits = Float.floatToRawIntBits(v);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  /**
   * Compares a result with the bound.
   *
   * @param times how often the naive error is allowed
   */
  void check(String what, Tensor y, float[] a, float[] b, float[] bias, Terms terms, double times) {
    int n = y.size();
    double[] exact = new double[n];
    float[] naive = new float[n];
    for (int i = 0; bias != null && i < n; i++) {
      exact[i] = bias[i % bias.length];
    }
    terms.each(
        (i, j, k) -> {
          exact[k] += (double) a[i] * b[j];
          naive[k] += rounded(a[i]) * rounded(b[j]);
        });
    float[] actual = y.toFloats();
    double worst = 0;
    double allowed = 0;
    double squares = 0;
    double allowedSquares = 0;
    for (int i = 0; i < n; i++) {
      float v = naive[i] + (bias == null ? 0 : bias[i % bias.length]);
      double error = actual[i] - exact[i];
      double naiveError = (y.dtype() == DType.BF16 ? bfloat16(v) : v) - exact[i];
      worst = Math.max(worst, Math.abs(error));
      allowed = Math.max(allowed, Math.abs(naiveError));
      squares += error * error;
      allowedSquares += naiveError * naiveError;
    }
    String message = what + ", " + arithmetic + ": error " + worst + ", naive " + allowed;
    // An exact naive result leaves half a unit in the last place of 1.
    assertTrue(worst <= times * allowed + 0x1p-24, message);
    assertTrue(Math.sqrt(squares) <= times * Math.sqrt(allowedSquares) + 0x1p-24, message);
  }

  /** The products of a convolution: input, weight, output elements. */
  static void convolution(ConvGeometry g, Visitor v) {
    for (int o = 0; o < g.outputSize() / g.outChannels(); o++) {
      int rest = o / g.w().out();
      int n = rest / g.h().out() / g.d().out();
      for (int tap = 0; tap < g.taps(); tap++) {
        int iw = source(g.w(), o % g.w().out(), tap % g.w().kernel());
        int th = tap / g.w().kernel();
        int ih = source(g.h(), rest % g.h().out(), th % g.h().kernel());
        int id = source(g.d(), rest / g.h().out() % g.d().out(), th / g.h().kernel());
        if (iw >= 0 && ih >= 0 && id >= 0) {
          int x = ((n * g.d().in() + id) * g.h().in() + ih) * g.w().in() + iw;
          channels(g, x * g.inChannels(), tap, o * g.outChannels(), v);
        }
      }
    }
  }

  private static int source(ConvAxis a, int o, int tap) {
    int i = o * a.stride() + tap * a.dilation() - a.pad();
    return i < a.in() ? Math.max(i, -1) : -1;
  }

  private static void channels(ConvGeometry g, int x, int tap, int y, Visitor v) {
    for (int o = 0; o < g.outChannels(); o++) {
      int first = o / g.groupOut() * g.groupIn();
      for (int c = 0; c < g.groupIn(); c++) {
        int w =
            g.outFirst()
                ? (tap * g.outChannels() + o) * g.groupIn() + c
                : (tap * g.groupIn() + c) * g.outChannels() + o;
        v.at(x + first + c, w, y + o);
      }
    }
  }
}
