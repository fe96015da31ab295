package io.med3dinsight.engine.testing;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.DType;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Runs one {@link OpCase} on a device; what does not hold ends in an AssertionError. */
final class OpCaseCheck {
  private static final int MAX_DIFFERENCES = 40;

  private final OpCase c;
  private final Device device;
  private final DType storage;
  private final Nd[] in;

  private OpCaseCheck(OpCase c, Device device, DType storage) {
    this.c = c;
    this.device = device;
    this.storage = storage;
    this.in = inputs(c, storage);
  }

  /**
   * Checks results and gradients.
   *
   * @param storage type of the float inputs: with BF16 they are rounded first, and the reference is
   *     computed of the rounded values
   */
  static void run(OpCase c, Device device, DType storage) {
    long before = device.backend().memory().active();
    OpCaseCheck check = new OpCaseCheck(c, device, storage);
    Nd expected = c.reference.apply(check.in);
    check.forward(expected, false);
    check.forward(expected, true);
    if (c.gradient) {
      check.gradient(expected.shape);
    }
    require(
        before == device.backend().memory().active(),
        () -> c.name + ": bytes left behind: " + (device.backend().memory().active() - before));
  }

  private static Nd[] inputs(OpCase c, DType storage) {
    Nd[] in = c.inputs.stream().map(Nd::copy).toArray(Nd[]::new);
    for (int i = 0; i < in.length; i++) {
      if (storage == DType.BF16 && !c.integer.get(i)) {
        for (int k = 0; k < in[i].data.length; k++) {
          in[i].data[k] = bfloat16(in[i].data[k]);
        }
      }
    }
    return in;
  }

  /** Rounded to 8 bits of mantissa, ties to even. */
  static float bfloat16(double v) {
    int bits = Float.floatToRawIntBits((float) v);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  private void forward(Nd expected, boolean views) {
    try (Scope scope = Scope.open()) {
      Tensor[] t = tensors(views);
      Tensor y = c.engine.apply(t);
      String what = "forward" + (views ? ", views" : "");
      require(
          expected.shape.equals(y.shape()),
          () -> c.name + ": the shape is " + y.shape() + ", not " + expected.shape);
      double tolerance = storage == DType.BF16 ? c.bf16Tolerance : c.tolerance;
      compare(expected.data, Nd.of(y.shape(), floats(y)).data, tolerance, what);
      untouched(t);
    }
  }

  /** An op must not write to its inputs. */
  private void untouched(Tensor[] t) {
    for (int i = 0; i < t.length; i++) {
      int input = i;
      require(
          Arrays.equals(in[i].floats(), floats(t[i])),
          () -> c.name + ": input " + input + " was changed");
    }
  }

  private static float[] floats(Tensor y) {
    if (y.dtype().isFloat()) {
      return y.toFloats();
    }
    int[] v = y.toInts();
    float[] f = new float[v.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = v[i];
    }
    return f;
  }

  private Tensor[] tensors(boolean views) {
    Tensor[] t = tensors(c, in, device, views);
    for (int i = 0; i < t.length; i++) {
      if (t[i].dtype() == DType.F32 && storage == DType.BF16) {
        int pad = views ? 1 + 2 * i : 0;
        float[] padded = new float[t[i].size() + 2 * pad];
        System.arraycopy(t[i].toFloats(), 0, padded, pad, t[i].size());
        Tensor whole = Tensor.of(device, padded, padded.length).cast(DType.BF16);
        t[i] = whole.view(pad, t[i].shape());
      }
    }
    return t;
  }

  /** The inputs of a case, whole or as views at odd offsets. */
  static Tensor[] tensors(OpCase c, Device device, boolean views) {
    return tensors(c, c.inputs.toArray(Nd[]::new), device, views);
  }

  private static Tensor[] tensors(OpCase c, Nd[] in, Device device, boolean views) {
    Tensor[] t = new Tensor[in.length];
    for (int i = 0; i < t.length; i++) {
      int pad = views ? 3 + 2 * i : 0;
      int n = in[i].data.length;
      Tensor whole;
      if (c.integer.get(i)) {
        int[] v = new int[n + 2 * pad];
        System.arraycopy(in[i].ints(), 0, v, pad, n);
        whole = Tensor.of(device, v, v.length);
      } else {
        float[] v = new float[n + 2 * pad];
        Arrays.fill(v, Float.NaN);
        System.arraycopy(in[i].floats(), 0, v, pad, n);
        whole = Tensor.of(device, v, v.length);
      }
      t[i] = whole.view(pad, in[i].shape);
    }
    return t;
  }

  /**
   * Compares the gradient of sum(w * f(inputs)), w random, with central differences of the
   * reference.
   */
  private void gradient(Shape outShape) {
    SplittableRandom r = new SplittableRandom(7);
    Nd w = Nd.uniform(r, -1, 1, outShape.toArray());
    if (storage == DType.BF16) {
      for (int k = 0; k < w.data.length; k++) {
        w.data[k] = bfloat16(w.data[k]);
      }
    }
    float[][] got = gradients(w);
    double tolerance = storage == DType.BF16 ? c.bf16GradientTolerance : c.gradientTolerance;
    for (int i = 0; i < in.length; i++) {
      if (got[i] != null) {
        int[] picks = picks(r, got[i].length);
        double[] expected = new double[picks.length];
        double[] actual = new double[picks.length];
        for (int k = 0; k < picks.length; k++) {
          expected[k] = difference(i, picks[k], w);
          actual[k] = got[i][picks[k]];
        }
        compare(expected, actual, tolerance, "gradient of input " + i);
      }
    }
  }

  private float[][] gradients(Nd w) {
    float[][] got = new float[in.length][];
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor[] t = tensors(true);
      for (int i = 0; i < t.length; i++) {
        if (!c.integer.get(i)) {
          t[i].requireGrad();
        }
      }
      Tensor y = c.engine.apply(t);
      Tensor seed = Tensor.of(device, w.floats(), w.shape.toArray()).cast(y.dtype());
      Gradients g = tape.gradients(y, seed);
      for (int i = 0; i < t.length; i++) {
        if (!c.integer.get(i)) {
          float[] d = g.of(t[i]) == null ? new float[t[i].size()] : g.of(t[i]).toFloats();
          got[i] = d;
          int input = i;
          int size = t[i].size();
          require(
              d.length == size,
              () -> c.name + ": gradient of input " + input + ": " + d.length + ", not " + size);
          for (float v : d) {
            require(!Float.isNaN(v), () -> c.name + ": NaN in the gradient of input " + input);
          }
        }
      }
      untouched(t);
    }
    return got;
  }

  private static int[] picks(SplittableRandom r, int n) {
    if (n <= MAX_DIFFERENCES) {
      return IntStream.range(0, n).toArray();
    }
    return r.ints(MAX_DIFFERENCES, 0, n).toArray();
  }

  private double difference(int input, int element, Nd w) {
    double x = in[input].data[element];
    in[input].data[element] = x + c.step;
    double plus = dot(c.reference.apply(in), w);
    in[input].data[element] = x - c.step;
    double minus = dot(c.reference.apply(in), w);
    in[input].data[element] = x;
    return (plus - minus) / (2 * c.step);
  }

  private static double dot(Nd a, Nd b) {
    double s = 0;
    for (int i = 0; i < a.data.length; i++) {
      s += a.data[i] * b.data[i];
    }
    return s;
  }

  private void compare(double[] expected, double[] actual, double tolerance, String what) {
    double scale = 1;
    for (double e : expected) {
      scale = Math.max(scale, Double.isFinite(e) ? Math.abs(e) : 0);
    }
    for (int i = 0; i < expected.length; i++) {
      boolean same =
          expected[i] == actual[i] || Double.isNaN(expected[i]) && Double.isNaN(actual[i]);
      boolean close = Math.abs(expected[i] - actual[i]) <= tolerance * scale;
      int at = i;
      require(
          same || close,
          () ->
              String.format(
                  "%s, %s: element %d is %s, expected %s; expected %s but was %s (tolerance %s: %s)",
                  c.name,
                  what,
                  at,
                  actual[at],
                  expected[at],
                  Arrays.toString(head(expected)),
                  Arrays.toString(head(actual)),
                  tolerance,
                  c.reason));
    }
  }

  private static double[] head(double[] a) {
    return Arrays.copyOf(a, Math.min(a.length, 24));
  }

  private static void require(boolean holds, Supplier<String> message) {
    if (!holds) {
      throw new AssertionError(message.get());
    }
  }
}
