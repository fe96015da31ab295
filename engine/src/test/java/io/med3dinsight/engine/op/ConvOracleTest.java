package io.med3dinsight.engine.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Convolutions against PyTorch in double precision; the results were written by {@code
 * oracle/conv3d.py}.
 */
class ConvOracleTest {
  @TestFactory
  Stream<DynamicTest> likePyTorch() throws IOException {
    List<Map<String, String[]>> cases = read();
    assertEquals(8, cases.size());
    return Stream.of(Kernels.scalar(), Kernels.simd())
        .flatMap(
            k ->
                cases.stream()
                    .map(
                        c ->
                            DynamicTest.dynamicTest(
                                c.get("case")[0] + " / " + k.name(), () -> run(c, k))));
  }

  private static void run(Map<String, String[]> c, Kernels kernels) {
    int[] xs = ints(c.get("x"));
    int[] ws = ints(c.get("w"));
    int groups = Integer.parseInt(c.get("case")[2]);
    boolean transposed = c.get("case")[1].equals("1");
    Size3 stride = size(c.get("stride"));
    Size3 pad = size(c.get("pad"));
    Size3 dilation = size(c.get("dilation"));
    Op op =
        transposed
            ? new ConvTranspose3d(stride, pad, dilation, size(c.get("outputPad")), groups)
            : new Conv3d(new ConvSpec(stride, pad, dilation, groups, false));
    Device device = Device.of(new CpuBackend(2, kernels, true));
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = values(device, 1, xs).requireGrad();
      Tensor w = values(device, 2, ws).requireGrad();
      Tensor b = values(device, 3, transposed ? ws[4] * groups : ws[4]).requireGrad();
      Tensor y = Eager.run1(op, x, w, b);
      assertEquals(Shape.of(ints(c.get("shape"))), y.shape());
      assertArrayEquals(floats(c.get("y")), y.toFloats(), 2e-5f, "y");
      Gradients g = tape.gradients(y, values(device, 4, y.shape().toArray()));
      assertArrayEquals(floats(c.get("dx")), g.of(x).toFloats(), 2e-5f, "dx");
      assertArrayEquals(floats(c.get("dw")), g.of(w).toFloats(), 2e-5f, "dw");
      assertArrayEquals(floats(c.get("db")), g.of(b).toFloats(), 2e-5f, "db");
    }
  }

  /** The formula of the script. */
  private static Tensor values(Device device, int seed, int... extents) {
    float[] v = new float[Shape.of(extents).size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = ((i * 7919L + seed * 104729L) % 257 - 128) / 128f;
    }
    return Tensor.of(device, v, extents);
  }

  private static List<Map<String, String[]>> read() throws IOException {
    List<Map<String, String[]>> cases = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(ConvOracleTest.class.getResourceAsStream("conv3d.txt")),
                StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ", 2);
        if (words[0].equals("case")) {
          cases.add(new HashMap<>());
        }
        cases.get(cases.size() - 1).put(words[0], words[1].split(" ", -1));
      }
    }
    return cases;
  }

  private static int[] ints(String[] words) {
    return Stream.of(words).mapToInt(Integer::parseInt).toArray();
  }

  private static Size3 size(String[] words) {
    int[] v = ints(words);
    return new Size3(v[0], v[1], v[2]);
  }

  private static float[] floats(String[] words) {
    float[] f = new float[words.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = Float.parseFloat(words[i]);
    }
    return f;
  }
}
