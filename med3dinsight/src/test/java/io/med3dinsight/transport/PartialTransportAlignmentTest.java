package io.med3dinsight.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.autograd.Gradients;
import io.med3dinsight.engine.autograd.Tape;
import io.med3dinsight.engine.function.Transport;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.training.DivergenceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PartialTransportAlignmentTest {
  private static final Device DEVICE = Device.cpu(2);
  private static final int E = 8;

  @TempDir Path dir;

  /** Loss and gradients with respect to u, v and the metric's weight. */
  private record Result(float loss, float[] u, float[] v, float[] w) {}

  private static Result run(
      MetricKind kind, float[] w, float[] u, float[] v, double epsilon, double mass) {
    int b = u.length / E;
    try (MahalanobisMetric metric = new MahalanobisMetric(Setup.of(DEVICE, 1), kind, E);
        Scope scope = Scope.open();
        Tape tape = Tape.open()) {
      Tensor weight = metric.namedParameters().get("weight");
      if (w != null) {
        weight.copyFrom(metric.namedState().get("weight").layout().fromTorch(w, weight.shape()));
      }
      Tensor x = Tensor.of(DEVICE, u, b, E).requireGrad();
      Tensor y = Tensor.of(DEVICE, v, b, E).requireGrad();
      Tensor loss = new PartialTransportAlignment(metric, epsilon, mass).loss(x, y);
      Gradients g = tape.gradients(loss);
      float[] gw =
          metric
              .namedState()
              .get("weight")
              .layout()
              .toTorch(g.of(weight).toFloats(), weight.shape());
      return new Result(loss.item(), g.of(x).toFloats(), g.of(y).toFloats(), gw);
    }
  }

  @Test
  void lossAndGradientsAgreeWithUnrolledAutograd() throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in = getClass().getResourceAsStream("alignment.safetensors")) {
      Files.copy(in, file);
    }
    int cases = 0;
    try (SafetensorsFile f = SafetensorsFile.open(file)) {
      for (; f.names().contains(cases + "/settings"); cases++) {
        String at = cases + "/";
        float[] s = f.floats(at + "settings");
        MetricKind kind = s[1] == 1 ? MetricKind.FULL : MetricKind.DIAGONAL;
        Result r =
            run(
                kind,
                f.floats(at + "w"),
                f.floats(at + "u"),
                f.floats(at + "v"),
                Math.round(s[2] * 1e6) / 1e6,
                Math.round(s[3] * 1e6) / 1e6);
        float loss = f.floats(at + "loss")[0];
        assertEquals(loss, r.loss(), 2e-5 * loss, "loss of case " + cases);
        compare(f.floats(at + "gradient/u"), r.u(), "gradient of u in case " + cases);
        compare(f.floats(at + "gradient/v"), r.v(), "gradient of v in case " + cases);
        compare(f.floats(at + "gradient/w"), r.w(), "gradient of w in case " + cases);
      }
    }
    assertEquals(8, cases);
  }

  /** Costs in float32, divided by eps 0.03, leave about this much. */
  private static void compare(float[] expected, float[] got, String what) {
    double scale = 0;
    for (float e : expected) {
      scale = Math.max(scale, Math.abs(e));
    }
    assertEquals(expected.length, got.length, what);
    for (int i = 0; i < got.length; i++) {
      assertEquals(expected[i], got[i], 2e-4 * scale, what + " at " + i);
    }
  }

  private static float[] units(SplittableRandom r, int b) {
    float[] u = new float[b * E];
    for (int i = 0; i < b; i++) {
      double sum = 0;
      for (int k = 0; k < E; k++) {
        u[i * E + k] = (float) r.nextDouble(-1, 1);
        sum += u[i * E + k] * u[i * E + k];
      }
      for (int k = 0; k < E; k++) {
        u[i * E + k] /= (float) Math.sqrt(sum);
      }
    }
    return u;
  }

  @ParameterizedTest
  @EnumSource(MetricKind.class)
  void gradientsAgreeWithFiniteDifferences(MetricKind kind) {
    SplittableRandom random = new SplittableRandom(3);
    float[] u = units(random, 5);
    float[] v = units(random, 5);
    Result r = run(kind, null, u, v, 0.1, 0.8);
    double h = 2e-3;
    for (int i = 0; i < u.length; i += 3) {
      float[] up = u.clone();
      float[] down = u.clone();
      up[i] += (float) h;
      down[i] -= (float) h;
      double slope =
          ((double) run(kind, null, up, v, 0.1, 0.8).loss()
                  - run(kind, null, down, v, 0.1, 0.8).loss())
              / ((double) up[i] - down[i]);
      assertEquals(slope, r.u()[i], 2e-3 * (1 + Math.abs(slope)), "at " + i);
    }
  }

  @Test
  void aFreshMetricIsTheEuclideanOne() {
    float[] u = units(new SplittableRandom(1), 3);
    float[] v = units(new SplittableRandom(2), 4);
    for (MetricKind kind : MetricKind.values()) {
      try (MahalanobisMetric metric = new MahalanobisMetric(Setup.of(DEVICE, 1), kind, E);
          Scope scope = Scope.open()) {
        float[] d =
            metric
                .distance(Tensor.of(DEVICE, u, 1, 3, E), Tensor.of(DEVICE, v, 1, 4, E))
                .toFloats();
        for (int i = 0; i < 12; i++) {
          double sum = 0;
          for (int k = 0; k < E; k++) {
            sum += Math.pow(u[i / 4 * E + k] - v[i % 4 * E + k], 2);
          }
          assertEquals(Math.sqrt(sum), d[i], 2e-6);
        }
      }
    }
  }

  /** Softplus rounds to 0 below -17 and exp overflows above 88. */
  @Test
  void extremeWeightsOfTheMetricKeepFiniteGradients() {
    SplittableRandom random = new SplittableRandom(4);
    float[] u = units(random, 4);
    float[] v = units(random, 4);
    Result r = run(MetricKind.DIAGONAL, new float[] {-40, -18, -1, 0, 1, 30, 70, 120}, u, v, 1, 1);
    assertTrue(Float.isFinite(r.loss()));
    for (float[] g : new float[][] {r.u(), r.v(), r.w()}) {
      for (float x : g) {
        assertTrue(Float.isFinite(x), Arrays.toString(g));
      }
    }
  }

  /** Values computed with numpy for 24 pairs and mass 0.95. */
  @Test
  void lossesOfTheDiagonalAndOfTheIndependentPlan() {
    int b = 24;
    float[] diagonal = new float[b * b];
    float[] independent = new float[b * b];
    Arrays.fill(diagonal, -100);
    for (int i = 0; i < b; i++) {
      diagonal[i * b + i] = (float) Math.log(0.95 / b);
    }
    Arrays.fill(independent, (float) Math.log(0.95 / b / b));
    try (Scope scope = Scope.open()) {
      assertEquals(
          3.2293, Transport.matchingLoss(Tensor.of(DEVICE, diagonal, 1, b, b)).item(), 1e-4);
      assertEquals(
          6.4074, Transport.matchingLoss(Tensor.of(DEVICE, independent, 1, b, b)).item(), 1e-4);
    }
    // Equal embeddings off the diagonal cannot be told apart: the plan is the independent one.
    float[] same = new float[b * E];
    float[] other = new float[b * E];
    for (int i = 0; i < b; i++) {
      same[i * E] = 1;
      other[i * E + 1] = 1;
    }
    assertEquals(6.4074, run(MetricKind.FULL, null, same, other, 0.03, 0.95).loss(), 1e-4);
    // Orthogonal pairs, each far from all others: nearly everything is on the diagonal.
    float[] axes = new float[E * E];
    for (int i = 0; i < E; i++) {
      axes[i * E + i] = 1;
    }
    assertEquals(
        -Math.log(0.95 / E), run(MetricKind.FULL, null, axes, axes, 0.03, 0.95).loss(), 1e-4);
  }

  @Test
  void theOrderOfPairsDoesNotMatter() {
    SplittableRandom random = new SplittableRandom(9);
    int b = 10;
    float[] u = units(random, b);
    float[] v = units(random, b);
    float[] movedU = new float[u.length];
    float[] movedV = new float[v.length];
    for (int i = 0; i < b; i++) {
      System.arraycopy(u, i * E, movedU, (i * 3 + 4) % b * E, E);
      System.arraycopy(v, i * E, movedV, (i * 3 + 4) % b * E, E);
    }
    Result r = run(MetricKind.DIAGONAL, null, u, v, 0.05, 0.9);
    Result moved = run(MetricKind.DIAGONAL, null, movedU, movedV, 0.05, 0.9);
    assertEquals(r.loss(), moved.loss(), 1e-5);
    for (int i = 0; i < b * E; i++) {
      assertEquals(r.u()[i], moved.u()[(i / E * 3 + 4) % b * E + i % E], 2e-5);
    }
  }

  @Test
  void oneRowAndNonFiniteRowsAreRefused() {
    float[] one = units(new SplittableRandom(1), 1);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> run(MetricKind.FULL, null, one, one, 0.03, 0.9));
    assertTrue(e.getMessage().contains("at least 2 pairs"), e.getMessage());
    float[] broken = units(new SplittableRandom(1), 3);
    float[] whole = broken.clone();
    broken[4] = Float.NaN;
    assertThrows(
        DivergenceException.class, () -> run(MetricKind.FULL, null, broken, whole, 0.03, 0.9));
  }
}
