package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.engine.tensor.TensorType;
import io.med3dinsight.kernels.ptx.SimulatorOptions;
import java.util.ArrayList;
import java.util.List;

/** Runs one op on the simulator and on the CPU, and compares all its outputs. */
final class OpComparison {
  /** One input: floats or ints. */
  private record Input(float[] floats, int[] ints, Shape shape, boolean reducible) {}

  private final CudaBackend cuda =
      new CudaBackend(
          new SimulatedDriver(SimulatorOptions.defaults().withHostThreads(2)),
          CudaOptions.DEFAULT.ownKernels(),
          true);
  private final Device device = Device.of(cuda);
  private final List<Input> inputs = new ArrayList<>();
  private DType storage = DType.F32;
  private int offset;

  /** An input that is BF16 when the comparison is. */
  OpComparison input(float[] values, int... shape) {
    inputs.add(new Input(values, null, Shape.of(shape), true));
    return this;
  }

  /** An input that stays in single precision. */
  OpComparison single(float[] values, int... shape) {
    inputs.add(new Input(values, null, Shape.of(shape), false));
    return this;
  }

  OpComparison labels(int[] values, int... shape) {
    inputs.add(new Input(null, values, Shape.of(shape), false));
    return this;
  }

  OpComparison storage(DType type) {
    storage = type;
    return this;
  }

  /** Elements by which inputs are moved from where vector loads could read them. */
  OpComparison offset(int elements) {
    offset = elements;
    return this;
  }

  /** The outputs on the simulator, without a comparison. */
  float[][] simulated(Op op) {
    return run(op, device, storage);
  }

  /**
   * Compares all outputs.
   *
   * @param tolerance largest allowed difference, relative to the output's largest value, at least 1
   */
  void check(Op op, double tolerance) {
    float[][] expected = run(op, Device.cpu(), DType.F32);
    float[][] actual = run(op, device, storage);
    for (int o = 0; o < expected.length; o++) {
      double scale = 1;
      for (float v : expected[o]) {
        scale = Math.max(scale, Float.isFinite(v) ? Math.abs(v) : 0);
      }
      for (int i = 0; i < expected[o].length; i++) {
        float e = expected[o][i];
        float a = actual[o][i];
        boolean same = Float.compare(e, a) == 0 || Math.abs(e - a) <= tolerance * scale;
        assertTrue(same, op + ", output " + o + ", element " + i + ": " + a + ", not " + e);
      }
    }
  }

  private float[][] run(Op op, Device on, DType type) {
    try (Scope s = Scope.open()) {
      Tensor[] in = inputs.stream().map(i -> tensor(i, on, type)).toArray(Tensor[]::new);
      TensorType[] types = new TensorType[in.length];
      for (int i = 0; i < in.length; i++) {
        types[i] = in[i].type();
      }
      TensorType[] outTypes = op.infer(types);
      Tensor[] out = new Tensor[outTypes.length];
      float[][] result = new float[out.length][];
      for (int i = 0; i < out.length; i++) {
        out[i] = Tensor.empty(on, outTypes[i]);
      }
      on.backend().execute(op, in, out);
      for (int i = 0; i < out.length; i++) {
        result[i] = floats(out[i]);
      }
      return result;
    }
  }

  private Tensor tensor(Input i, Device on, DType type) {
    if (i.ints != null) {
      return Tensor.of(on, i.ints, i.shape.toArray());
    }
    float[] padded = new float[i.floats.length + offset];
    for (int k = 0; k < i.floats.length; k++) {
      // Rounded for both, so that both compute with the same numbers.
      padded[k + offset] =
          storage == DType.BF16 && i.reducible
              ? Float.intBitsToFloat(HostTransfer.bfloat16(i.floats[k]) << 16)
              : i.floats[k];
    }
    DType stored = i.reducible ? type : DType.F32;
    Tensor whole = Tensor.empty(on, new TensorType(stored, Shape.of(padded.length)));
    whole.copyFrom(padded);
    return whole.view(offset, i.shape);
  }

  private static float[] floats(Tensor t) {
    if (t.dtype().isFloat()) {
      return t.toFloats();
    }
    int[] v = t.toInts();
    float[] f = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      f[i] = v[i];
    }
    return f;
  }
}
