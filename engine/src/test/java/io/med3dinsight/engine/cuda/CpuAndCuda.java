package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.med3dinsight.engine.op.Eager;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Runs one op on the CPU and on the PTX simulator and compares. The simulated device reports two
 * multiprocessors, so that grid-stride loops take several steps at moderate sizes.
 */
final class CpuAndCuda {
  /** An input: values as float or int, and the element of a larger tensor where it starts. */
  record Input(float[] floats, int[] ints, Shape shape, int offset) {
    static Input uniform(long seed, double low, double high, int... extents) {
      SplittableRandom r = new SplittableRandom(seed);
      Shape s = Shape.of(extents);
      float[] v = new float[s.size()];
      for (int i = 0; i < v.length; i++) {
        v[i] = (float) (low + (high - low) * r.nextDouble());
      }
      return new Input(v, null, s, 0);
    }

    static Input indices(long seed, int bound, int... extents) {
      Shape s = Shape.of(extents);
      return new Input(null, new SplittableRandom(seed).ints(s.size(), 0, bound).toArray(), s, 0);
    }

    static Input of(float[] values, int... extents) {
      return new Input(values, null, Shape.of(extents), 0);
    }

    static Input of(int[] values, int... extents) {
      return new Input(null, values, Shape.of(extents), 0);
    }

    /** The same from an odd address, which vector loads do not take. */
    Input at(int elements) {
      return new Input(floats, ints, shape, elements);
    }

    Tensor on(Device device, DType storage) {
      Tensor whole;
      int n = shape.size();
      if (ints != null) {
        int[] v = new int[offset + n];
        System.arraycopy(ints, 0, v, offset, n);
        whole = Tensor.of(device, v, v.length);
      } else {
        float[] v = new float[offset + n];
        System.arraycopy(floats, 0, v, offset, n);
        for (int i = 0; i < v.length && storage == DType.BF16; i++) {
          v[i] = rounded(v[i]);
        }
        whole = Tensor.of(device, v, v.length);
        whole = device == Device.cpu() ? whole : whole.cast(storage);
      }
      return whole.view(offset, shape);
    }
  }

  final SimulatedDriver driver;
  final Device cuda;

  CpuAndCuda() {
    driver =
        new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2).withMultiprocessors(2));
    cuda = Device.of(new CudaBackend(driver, CudaOptions.DEFAULT.ownKernels(), true));
  }

  static float rounded(float v) {
    return Float.intBitsToFloat(HostTransfer.bfloat16(v) << 16);
  }

  /**
   * Float32: results differ by at most {@code tolerance} times the largest, or not at all for 0.
   */
  void same(Op op, double tolerance, Input... in) {
    compare(op, DType.F32, tolerance, in);
  }

  /** BF16: inputs are rounded first; the result may differ by its own rounding. */
  void sameBf16(Op op, Input... in) {
    compare(op, DType.BF16, 0x1p-8, in);
  }

  private void compare(Op op, DType storage, double tolerance, Input... in) {
    List<float[]> expected = run(op, Device.cpu(), storage, in);
    List<float[]> actual = run(op, cuda, storage, in);
    assertEquals(expected.size(), actual.size(), "outputs");
    for (int k = 0; k < expected.size(); k++) {
      compare(
          op + " of " + shapes(in) + ", output " + k, expected.get(k), actual.get(k), tolerance);
    }
  }

  private static String shapes(Input... in) {
    StringBuilder b = new StringBuilder();
    for (Input i : in) {
      b.append(i.shape).append(i.offset == 0 ? "" : " at " + i.offset).append(' ');
    }
    return b.toString().strip();
  }

  private static void compare(String what, float[] expected, float[] actual, double tolerance) {
    assertEquals(expected.length, actual.length, what);
    double scale = 1;
    for (float e : expected) {
      scale = Math.max(scale, Float.isFinite(e) ? Math.abs(e) : 0);
    }
    for (int i = 0; i < expected.length; i++) {
      boolean both = Float.isNaN(expected[i]) && Float.isNaN(actual[i]);
      boolean close = Math.abs(expected[i] - actual[i]) <= tolerance * scale;
      if (!both && !close && expected[i] != actual[i]) {
        fail(what + ": element " + i + " is " + actual[i] + ", on the CPU " + expected[i]);
      }
    }
  }

  /** The outputs, or the first input where the op works in place. */
  List<float[]> run(Op op, Device device, DType storage, Input... in) {
    try (Scope scope = Scope.open()) {
      Tensor[] t = Arrays.stream(in).map(i -> i.on(device, storage)).toArray(Tensor[]::new);
      Tensor[] out = Eager.run(op, t);
      List<float[]> values = new ArrayList<>();
      for (Tensor y : out.length == 0 ? new Tensor[] {t[0]} : out) {
        values.add(floats(y));
      }
      return values;
    }
  }

  private static float[] floats(Tensor y) {
    if (y.dtype().isFloat()) {
      return y.toFloats();
    }
    int[] v = y.toInts();
    float[] f = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      f[i] = v[i];
    }
    return f;
  }
}
