package io.med3dinsight.engine.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Shape;
import io.med3dinsight.engine.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Results that a script under {@code oracle/} wrote: lines of a name and numbers. */
final class OracleFixture {
  private final Map<String, float[]> expected = new HashMap<>();

  OracleFixture(String resource) throws IOException {
    try (InputStream in = OracleFixture.class.getResourceAsStream(resource)) {
      assertNotNull(in, resource);
      new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().forEach(this::add);
    }
  }

  private void add(String line) {
    String[] words = line.split(" ", -1);
    float[] v = new float[words.length - 1];
    for (int i = 0; i < v.length; i++) {
      v[i] = Float.parseFloat(words[i + 1]);
    }
    expected.put(words[0], v);
  }

  static Stream<Device> devices() {
    return Stream.of(Kernels.scalar(), Kernels.simd())
        .map(k -> Device.of(new CpuBackend(2, k, true)));
  }

  /** The formula of the scripts: numbers in [-1, 1] that repeat after 257. */
  static float[] formula(int seed, int... extents) {
    float[] v = new float[Shape.of(extents).size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = ((i * 7919L + seed * 104729L) % 257 - 128) / 128f;
    }
    return v;
  }

  static Tensor values(Device device, int seed, int... extents) {
    return Tensor.of(device, formula(seed, extents), extents);
  }

  /** Compares with what the script wrote under {@code key}, to 1e-5 of its largest value. */
  void same(String key, Tensor actual) {
    float[] e = expected.get(key);
    assertNotNull(e, key);
    assertNotNull(actual, key);
    float scale = 1;
    for (float v : e) {
      scale = Math.max(scale, Math.abs(v));
    }
    assertArrayEquals(e, actual.toFloats(), 1e-5f * scale, key);
  }

  /**
   * Compares a result, and the gradients of its inputs under {@code keys}; a result that is no
   * scalar is weighted by the values of seed 4.
   */
  void check(String name, String[] keys, Function<Tensor[], Tensor> f, Tensor... in) {
    try (Tape tape = Tape.open()) {
      for (Tensor t : in) {
        t.requireGrad();
      }
      Tensor y = f.apply(in);
      same(name + ".y", y);
      Gradients g =
          y.rank() == 0
              ? tape.gradients(y)
              : tape.gradients(y, values(y.device(), 4, y.shape().toArray()));
      for (int i = 0; i < in.length; i++) {
        assertEquals(in[i].shape(), g.of(in[i]).shape(), name + "." + keys[i]);
        same(name + "." + keys[i], g.of(in[i]));
      }
    }
  }
}
