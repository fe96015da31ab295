package io.med3dinsight.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.cpu.CpuBackend;
import io.med3dinsight.engine.cpu.Kernels;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * nnFormer, Swin UNETR and UNETR against their authors' code in double precision
 * (oracle/encoders.py): scores, pooled features, the gradient of every parameter and of the input,
 * names, and the constants that PyTorch keeps.
 */
class EncoderOracleTest {
  private static final double TOLERANCE = 1e-4;
  private static final int EVERY = 37;
  private static final ObjectMapper JSON = new ObjectMapper();
  @TempDir Path dir;

  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource({
    "nnformer_tumor,simd",
    "nnformer_tumor,scalar",
    "nnformer_synapse,simd",
    "nnformer_acdc,simd",
    "swin_unetr_v1,simd",
    "swin_unetr_corrected,simd",
    "swin_unetr_v2,simd",
    "swin_unetr_v2,scalar",
    "unetr,simd"
  })
  void agreesWithTheAuthorsCode(String name, String kernels) throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in = getClass().getResourceAsStream(name + ".safetensors")) {
      Files.copy(in, file);
    }
    Kernels k = kernels.equals("simd") ? Kernels.simd() : Kernels.scalar();
    Device device = Device.of(new CpuBackend(2, k, true));
    try (SafetensorsFile fixture = SafetensorsFile.open(file)) {
      JsonNode json = JSON.readTree(fixture.metadata().get("config"));
      NetworkConfig config = NetworkJson.read(json);
      assertEquals(json, JSON.readTree(config.toJson().toString()), "configuration as JSON");
      int[] shape = JSON.readValue(fixture.metadata().get("shape"), int[].class);
      try (EncoderDecoder net = config.build(Setup.of(device, 1), 2, 1)) {
        MadeUp.fill(net, fixture.metadata().get("salt"));
        net.train(false);
        names(fixture, net);
        step(fixture, device, net, shape);
      }
    }
  }

  /** Every parameter and constant of the authors' has its like here, and the other way round. */
  private static void names(SafetensorsFile fixture, EncoderDecoder net) throws IOException {
    Set<String> expected = new TreeSet<>();
    for (String n : fixture.names()) {
      if (n.startsWith("grad ") && !n.equals("grad input")) {
        expected.add(n.substring(5));
      }
    }
    expected.addAll(
        Arrays.asList(JSON.readValue(fixture.metadata().get("unused"), String[].class)));
    assertEquals(expected, new TreeSet<>(net.namedState().keySet()), "names of the parameters");
    JsonNode held = JSON.readTree(fixture.metadata().get("buffers"));
    Set<String> constants = new TreeSet<>();
    held.fieldNames().forEachRemaining(constants::add);
    assertEquals(constants, new TreeSet<>(net.namedConstants().keySet()), "names of the constants");
    net.namedConstants()
        .forEach(
            (n, t) -> {
              String stored = "buffer " + held.get(n).textValue();
              long[] here = Arrays.stream(t.toInts()).asLongStream().toArray();
              assertArrayEquals(fixture.longs(stored), here, n);
              assertEquals(fixture.shape(stored), t.shape(), n);
            });
  }

  private static void step(
      SafetensorsFile fixture, Device device, EncoderDecoder net, int[] shape) {
    String salt = fixture.metadata().get("salt");
    int[] last = {shape[0], shape[2], shape[3], shape[4], shape[1]};
    int size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(device, MadeUp.numbers(salt + "input", size), last).requireGrad();
      Tensor y = net.call(x);
      Tensor e = net.encoder().embedding(x);
      assertArrayEquals(new int[] {last[0], last[1], last[2], last[3], 2}, y.shape().toArray());
      compare(fixture, "scores", y.toFloats());
      compare(fixture, "pooled", e.toFloats());
      Tensor r = Tensor.of(device, MadeUp.numbers(salt + "loss", y.size()), y.shape().toArray());
      Tensor s = Tensor.of(device, MadeUp.numbers(salt + "pooled", e.size()), e.shape().toArray());
      Tensor loss = y.mul(r).sum().mul((float) (1 / Math.sqrt(y.size()))).add(e.mul(s).sum());
      compare(fixture, "loss", loss.toFloats());
      Gradients g = tape.gradients(loss);
      compare(fixture, "grad input", g.of(x).toFloats());
      net.namedState()
          .forEach(
              (n, state) -> {
                if (fixture.names().contains("grad " + n)) {
                  Tensor got = g.of(state.tensor());
                  assertNotNull(got, "gradient of " + n);
                  float[] values = state.layout().toTorch(got.toFloats(), state.tensor().shape());
                  compare(fixture, "grad " + n, values);
                }
              });
    }
  }

  /**
   * Differences relative to the largest of the tensor's values; of large tensors every 37th, and
   * the product of all with made-up numbers.
   */
  private static void compare(SafetensorsFile fixture, String name, float[] got) {
    float[] expected = fixture.floats(name);
    float[] product = fixture.floats("product " + name);
    int every = got.length <= 600 ? 1 : EVERY;
    assertEquals((got.length + every - 1) / every, expected.length, name);
    // Some gradients cancel: biases of windows of one token, scales of weights before a norm. What
    // is left of them is rounding, absolute at 1e-6 of a loss about 1.
    double scale = Math.max(1e-2, product[1]);
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - got[i * every]);
      assertTrue(
          difference <= TOLERANCE * scale,
          name + ": " + got[i * every] + " instead of " + expected[i] + " at " + i * every);
    }
    float[] with = MadeUp.numbers("product " + name, got.length);
    double sum = 0;
    for (int i = 0; i < got.length; i++) {
      sum += (double) got[i] * with[i];
    }
    sum /= Math.sqrt(got.length);
    assertEquals(product[0], sum, TOLERANCE * scale, name + ", product with made-up numbers");
  }
}
