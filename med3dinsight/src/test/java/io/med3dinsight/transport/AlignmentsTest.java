package io.med3dinsight.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.ShapeException;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.training.DivergenceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every alignment against PyTorch, with and without pairs of earlier batches. */
class AlignmentsTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final int E = 8;

  @TempDir Path dir;

  /** Loss, gradients, and the weight's. */
  private record Result(float loss, float[] u, float[] v, float[] w) {}

  private static Result run(Alignment a, Module module, float[] w, float[] u, float[] v, int own) {
    int rows = u.length / E;
    Map.Entry<String, Module.State> state = module.namedState().entrySet().iterator().next();
    Tensor weight = state.getValue().tensor();
    weight.copyFrom(state.getValue().layout().fromTorch(w, weight.shape()));
    try (Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor x = Tensor.of(DEVICE, u, rows, E).requireGrad();
      Tensor y = Tensor.of(DEVICE, v, rows, E).requireGrad();
      Tensor loss = a.loss(x, y, own);
      Gradients g = tape.gradients(loss);
      float[] gw = state.getValue().layout().toTorch(g.of(weight).toFloats(), weight.shape());
      return new Result(loss.item(), g.of(x).toFloats(), g.of(y).toFloats(), gw);
    }
  }

  private static Result run(SafetensorsFile f, String at) {
    float[] s = f.floats(at + "settings");
    double first = Math.round(s[4] * 1e6) / 1e6;
    double second = Math.round(s[5] * 1e6) / 1e6;
    float[] w = f.floats(at + "w");
    float[] u = f.floats(at + "u");
    float[] v = f.floats(at + "v");
    AlignmentKind kind = AlignmentKind.values()[(int) s[0]];
    MetricKind metricKind = s[3] == 1 ? MetricKind.FULL : MetricKind.DIAGONAL;
    if (kind == AlignmentKind.INFONCE) {
      try (InfoNceAlignment a = new InfoNceAlignment(Setup.of(DEVICE, 1), 0.5)) {
        return run(a, a, w, u, v, (int) s[2]);
      }
    }
    try (MahalanobisMetric metric = new MahalanobisMetric(Setup.of(DEVICE, 1), metricKind, E)) {
      Alignment a =
          switch (kind) {
            case PARTIAL_OT -> new PartialTransportAlignment(metric, first, second);
            case FULL_OT -> new PartialTransportAlignment(metric, first, 1);
            case TRIPLET ->
                new TripletAlignment(
                    metric, first, second == 1 ? TripletNegatives.HARD : TripletNegatives.ALL);
            default -> throw new IllegalStateException(kind.toString());
          };
      return run(a, metric, w, u, v, (int) s[2]);
    }
  }

  @Test
  void lossesAndGradientsAgreeWithPyTorch() throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in = getClass().getResourceAsStream("alignments.safetensors")) {
      Files.copy(in, file);
    }
    int cases = 0;
    try (SafetensorsFile f = SafetensorsFile.open(file)) {
      for (; f.names().contains(cases + "/settings"); cases++) {
        String at = cases + "/";
        Result r = run(f, at);
        float loss = f.floats(at + "loss")[0];
        assertEquals(loss, r.loss(), 2e-5 * Math.max(1, loss), "loss of case " + cases);
        compare(f.floats(at + "gradient/u"), r.u(), "gradient of u in case " + cases);
        compare(f.floats(at + "gradient/v"), r.v(), "gradient of v in case " + cases);
        compare(f.floats(at + "gradient/w"), r.w(), "gradient of the weight in case " + cases);
      }
    }
    assertEquals(14, cases);
  }

  /** Costs in float32, divided by eps 0.05, leave about this much. */
  private static void compare(float[] expected, float[] got, String what) {
    double scale = 1e-6;
    for (float e : expected) {
      scale = Math.max(scale, Math.abs(e));
    }
    assertEquals(expected.length, got.length, what);
    for (int i = 0; i < got.length; i++) {
      assertEquals(expected[i], got[i], 2e-4 * scale, what + " at " + i);
    }
  }

  private static float[] axes(int n) {
    float[] x = new float[n * E];
    for (int i = 0; i < n; i++) {
      x[i * E + i % E] = 1;
    }
    return x;
  }

  /** The temperature may be learned, but not beyond 0.01 and 1; from there it can come back. */
  @Test
  void theTemperatureStaysWithinItsBounds() {
    try (InfoNceAlignment a = new InfoNceAlignment(Setup.of(DEVICE, 1), 0.07)) {
      assertEquals(0.07, a.temperature(), 1e-6);
      float[] u = axes(3);
      float[] mixed = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
      Result cold = run(a, a, new float[] {9}, u, mixed, 3);
      assertEquals(0.01, a.temperature(), 1e-6);
      assertTrue(cold.w()[0] > 0, "wrong pairs ask for a higher temperature");
      run(a, a, new float[] {-3}, u, mixed, 3);
      assertEquals(1, a.temperature(), 1e-6);
    }
  }

  /** Where all partners are the same, nothing is wrong and nothing is pushed. */
  @Test
  void equalPartnersAreNoNegatives() {
    float[] same = new float[4 * E];
    for (int i = 0; i < 4; i++) {
      same[i * E] = 1;
    }
    for (TripletNegatives negatives : TripletNegatives.values()) {
      try (MahalanobisMetric m = new MahalanobisMetric(Setup.of(DEVICE, 1), MetricKind.FULL, E)) {
        float[] w = m.namedParameters().get("weight").toFloats();
        Result r = run(new TripletAlignment(m, 0.2, negatives), m, w, axes(4), same, 4);
        assertEquals(0, r.loss());
        assertArrayEquals(new float[4 * E], r.u());
      }
    }
  }

  @Test
  void singlePairsOtherShapesAndNonFiniteValuesAreRefused() {
    try (InfoNceAlignment a = new InfoNceAlignment(Setup.of(DEVICE, 1), 0.07);
        Scope scope = Scope.open()) {
      Tensor one = Tensor.of(DEVICE, axes(1), 1, E);
      String message =
          assertThrows(IllegalArgumentException.class, () -> a.loss(one, one)).getMessage();
      assertTrue(message.contains("at least 2 pairs"), message);
      Tensor two = Tensor.of(DEVICE, axes(2), 2, E);
      assertThrows(ShapeException.class, () -> a.loss(one, two, 1));
      assertThrows(ShapeException.class, () -> a.loss(two, two, 3));
      float[] broken = axes(2);
      broken[3] = Float.NaN;
      Tensor bad = Tensor.of(DEVICE, broken, 2, E);
      assertThrows(DivergenceException.class, () -> a.loss(bad, two));
    }
  }
}
