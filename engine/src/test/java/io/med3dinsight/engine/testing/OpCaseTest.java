package io.med3dinsight.engine.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.op.Cast;
import io.med3dinsight.engine.op.Op;
import io.med3dinsight.engine.op.ViewOp;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
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
  private static final int MAX_DIFFERENCES = 40;

  @TestFactory
  @Order(1)
  Stream<DynamicTest> scalar() throws Exception {
    return suite("scalar", Device.of(new ObservedCpuBackend(Kernels.scalar())));
  }

  @TestFactory
  @Order(2)
  Stream<DynamicTest> simd() throws Exception {
    return suite("simd", Device.of(new ObservedCpuBackend(Kernels.simd())));
  }

  /** An op that no case runs fails here. */
  @Test
  @Order(3)
  void everyOpHasACase() throws Exception {
    if (System.getProperty("case") != null) {
      return;
    }
    TreeSet<String> missing = new TreeSet<>();
    for (Class<?> c : classes("io.med3dinsight.engine.op", Op.class)) {
      boolean ran = c == Cast.class || ObservedCpuBackend.SEEN.contains(c);
      if (!ViewOp.class.isAssignableFrom(c) && !ran) {
        missing.add(c.getSimpleName());
      }
    }
    assertTrue(
        missing.isEmpty(), "ops without an OpCase in io.med3dinsight.engine.cases: " + missing);
  }

  private static Stream<DynamicTest> suite(String backend, Device device) throws Exception {
    String pick = System.getProperty("case", "");
    return allCases().stream()
        .filter(c -> c.name.contains(pick))
        .map(c -> DynamicTest.dynamicTest(c.name + " / " + backend, () -> run(c, device)));
  }

  static List<OpCase> allCases() throws ReflectiveOperationException, IOException {
    List<OpCase> all = new ArrayList<>();
    for (Class<?> c : classes("io.med3dinsight.engine.cases", OpCaseSource.class)) {
      var constructor = c.getDeclaredConstructor();
      constructor.setAccessible(true);
      all.addAll(((OpCaseSource) constructor.newInstance()).cases());
    }
    return all;
  }

  private static void run(OpCase c, Device device) {
    Nd[] in = c.inputs.stream().map(Nd::copy).toArray(Nd[]::new);
    Nd expected = c.reference.apply(in);
    long before = device.backend().memory().active();
    for (boolean views : new boolean[] {false, true}) {
      try (Scope scope = Scope.open()) {
        Tensor[] t = tensors(c, device, views);
        Tensor y = c.engine.apply(t);
        assertEquals(expected.shape, y.shape(), "shape");
        compare(
            expected.data,
            Nd.of(y.shape(), floats(y)).data,
            c.tolerance,
            c,
            "forward" + (views ? ", views" : ""));
        untouched(c, t);
      }
    }
    if (c.gradient) {
      gradient(c, device, in, expected.shape);
    }
    assertEquals(before, device.backend().memory().active(), "bytes left behind");
  }

  /** An op must not write to its inputs. */
  private static void untouched(OpCase c, Tensor[] t) {
    for (int i = 0; i < t.length; i++) {
      assertArrayEquals(c.inputs.get(i).floats(), floats(t[i]), "input " + i + " was changed");
    }
  }

  private static float[] floats(Tensor y) {
    if (y.dtype() == io.med3dinsight.engine.tensor.DType.F32) {
      return y.toFloats();
    }
    int[] v = y.toInts();
    float[] f = new float[v.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = v[i];
    }
    return f;
  }

  static Tensor[] tensors(OpCase c, Device device, boolean views) {
    Tensor[] t = new Tensor[c.inputs.size()];
    for (int i = 0; i < t.length; i++) {
      Nd a = c.inputs.get(i);
      int pad = views ? 3 + 2 * i : 0;
      int n = a.data.length;
      Tensor whole;
      if (c.integer.get(i)) {
        int[] v = new int[n + 2 * pad];
        System.arraycopy(a.ints(), 0, v, pad, n);
        whole = Tensor.of(device, v, v.length);
      } else {
        float[] v = new float[n + 2 * pad];
        Arrays.fill(v, Float.NaN);
        System.arraycopy(a.floats(), 0, v, pad, n);
        whole = Tensor.of(device, v, v.length);
      }
      t[i] = whole.view(pad, a.shape);
    }
    return t;
  }

  /**
   * Compares the gradient of sum(w * f(inputs)), w random, with central differences of the
   * reference.
   */
  private static void gradient(OpCase c, Device device, Nd[] in, Shape outShape) {
    SplittableRandom r = new SplittableRandom(7);
    Nd w = Nd.uniform(r, -1, 1, outShape.toArray());
    float[][] got = new float[in.length][];
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor[] t = tensors(c, device, true);
      for (int i = 0; i < t.length; i++) {
        if (!c.integer.get(i)) {
          t[i].requireGrad();
        }
      }
      Tensor y = c.engine.apply(t);
      Gradients g = tape.gradients(y, Tensor.of(device, w.floats(), outShape.toArray()));
      for (int i = 0; i < t.length; i++) {
        if (!c.integer.get(i)) {
          got[i] = g.of(t[i]) == null ? new float[t[i].size()] : g.of(t[i]).toFloats();
          assertEquals(t[i].size(), got[i].length, "size of the gradient of input " + i);
          for (float v : got[i]) {
            assertFalse(Float.isNaN(v), "NaN in the gradient of input " + i);
          }
        }
      }
      untouched(c, t);
    }
    for (int i = 0; i < in.length; i++) {
      if (got[i] != null) {
        int[] picks = picks(r, got[i].length);
        double[] expected = new double[picks.length];
        double[] actual = new double[picks.length];
        for (int k = 0; k < picks.length; k++) {
          expected[k] = difference(c, in, i, picks[k], w);
          actual[k] = got[i][picks[k]];
        }
        compare(expected, actual, c.gradientTolerance, c, "gradient of input " + i);
      }
    }
  }

  private static int[] picks(SplittableRandom r, int n) {
    if (n <= MAX_DIFFERENCES) {
      return java.util.stream.IntStream.range(0, n).toArray();
    }
    return r.ints(MAX_DIFFERENCES, 0, n).toArray();
  }

  private static double difference(OpCase c, Nd[] in, int input, int element, Nd w) {
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

  private static void compare(
      double[] expected, double[] actual, double tolerance, OpCase c, String what) {
    double scale = 1;
    for (double e : expected) {
      scale = Math.max(scale, Double.isFinite(e) ? Math.abs(e) : 0);
    }
    for (int i = 0; i < expected.length; i++) {
      boolean same =
          expected[i] == actual[i] || Double.isNaN(expected[i]) && Double.isNaN(actual[i]);
      boolean close = Math.abs(expected[i] - actual[i]) <= tolerance * scale;
      assertTrue(
          same || close,
          () ->
              c.name
                  + ", "
                  + what
                  + ": expected "
                  + Arrays.toString(head(expected))
                  + " but was "
                  + Arrays.toString(head(actual))
                  + " (tolerance "
                  + tolerance
                  + ": "
                  + c.reason
                  + ")");
    }
  }

  private static double[] head(double[] a) {
    return Arrays.copyOf(a, Math.min(a.length, 24));
  }

  private static List<Class<?>> classes(String pkg, Class<?> type) throws IOException {
    List<Class<?>> found = new ArrayList<>();
    for (String root : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
      Path dir = Path.of(root).resolve(pkg.replace('.', '/'));
      if (Files.isDirectory(dir)) {
        try (Stream<Path> files = Files.list(dir)) {
          for (Path f : files.sorted().toList()) {
            add(found, pkg, f.getFileName().toString(), type);
          }
        }
      }
    }
    return found;
  }

  private static void add(List<Class<?>> found, String pkg, String file, Class<?> type) {
    if (!file.endsWith(".class")) {
      return;
    }
    try {
      Class<?> c = Class.forName(pkg + "." + file.substring(0, file.length() - 6));
      if (type.isAssignableFrom(c) && !c.isInterface() && !Modifier.isAbstract(c.getModifiers())) {
        found.add(c);
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
