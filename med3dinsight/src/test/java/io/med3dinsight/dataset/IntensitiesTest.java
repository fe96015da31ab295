package io.med3dinsight.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.dataset.Augmentation.Change;
import io.med3dinsight.volume.JsonLines;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against numpy (oracle/measures.py), and the statistics that the strengths promise. */
class IntensitiesTest {
  private static final Change NEVER = Change.NEVER;

  static Stream<JsonNode> cases() throws IOException {
    return JsonLines.read(IntensitiesTest.class, "intensities.jsonl").stream();
  }

  private static Augmentation changes(
      Change noise, Change blur, Change brightness, Change contrast, Change gamma) {
    return new Augmentation(
        false, false, false, NEVER, NEVER, noise, blur, brightness, contrast, gamma);
  }

  private static Change always(double strength) {
    return new Change(1, strength, strength);
  }

  private static float[] change(float[] voxels, PatchSize size, Augmentation a, long seed) {
    float[] x = new float[voxels.length + 2];
    x[0] = 7;
    x[x.length - 1] = 7;
    System.arraycopy(voxels, 0, x, 1, voxels.length);
    new Intensities(x, 1, size).change(a, new Draws(seed));
    assertTrue(x[0] == 7 && x[x.length - 1] == 7);
    float[] out = new float[voxels.length];
    System.arraycopy(x, 1, out, 0, out.length);
    return out;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithNumpy(JsonNode c) {
    int[] e = JsonLines.ints(c.get("shape"));
    PatchSize size = new PatchSize(e[0], e[1], e[2]);
    float[] x = JsonLines.floats(c.get("voxels"));
    Change sigma = always(c.get("sigma").asDouble());
    float[] blur = change(x, size, changes(NEVER, sigma, NEVER, NEVER, NEVER), 1);
    assertArrayEquals(JsonLines.floats(c.get("blur")), blur, 1e-6f);
    Change factor = always(c.get("factor").asDouble());
    float[] contrast = change(x, size, changes(NEVER, NEVER, NEVER, factor, NEVER), 1);
    assertArrayEquals(JsonLines.floats(c.get("contrast")), contrast, 2e-6f);
    float[] bright = change(x, size, changes(NEVER, NEVER, factor, NEVER, NEVER), 1);
    for (int i = 0; i < x.length; i++) {
      assertEquals(x[i] * (float) c.get("factor").asDouble(), bright[i]);
    }
    Change exponent = always(c.get("exponent").asDouble());
    float[] gamma = change(x, size, changes(NEVER, NEVER, NEVER, NEVER, exponent), 1);
    // The power comes from a table of 1024 steps; near 0 a root is steep within one step.
    assertArrayEquals(JsonLines.floats(c.get("gamma")), gamma, 5e-3f);
  }

  @Test
  void noiseHasTheMomentsOfANormalDistribution() {
    int n = 200_000;
    float[] x =
        change(
            new float[n],
            new PatchSize(1, 1, n),
            changes(always(0.3), NEVER, NEVER, NEVER, NEVER),
            3);
    double[] moment = new double[5];
    for (float v : x) {
      for (int k = 1; k <= 4; k++) {
        moment[k] += Math.pow(v / 0.3, k) / n;
      }
    }
    double error = 1 / Math.sqrt(n);
    assertEquals(0, moment[1], 5 * error);
    assertEquals(1, moment[2], 5 * Math.sqrt(2) * error);
    assertEquals(0, moment[3], 5 * Math.sqrt(15) * error);
    // Four uniform numbers: excess kurtosis -1.2 / 4.
    assertEquals(2.7, moment[4], 5 * Math.sqrt(96) * error);
  }

  @Test
  void changesHappenAsOftenAsAsked() {
    PatchSize size = new PatchSize(2, 3, 4);
    float[] x = new float[24];
    for (int i = 0; i < x.length; i++) {
      x[i] = i - 5;
    }
    Change quarter = new Change(0.25, 0.7, 0.9);
    Augmentation[] each = {
      changes(quarter, NEVER, NEVER, NEVER, NEVER),
      changes(NEVER, quarter, NEVER, NEVER, NEVER),
      changes(NEVER, NEVER, quarter, NEVER, NEVER),
      changes(NEVER, NEVER, NEVER, quarter, NEVER),
      changes(NEVER, NEVER, NEVER, NEVER, quarter)
    };
    for (Augmentation a : each) {
      int changed = 0;
      for (int seed = 0; seed < 2000; seed++) {
        changed += change(x, size, a, seed)[0] != x[0] ? 1 : 0;
      }
      assertEquals(500, changed, 5 * Math.sqrt(2000 * 0.25 * 0.75));
    }
    assertArrayEquals(x, change(x, size, Augmentation.none(), 1));
  }

  @Test
  void aPatchOfOneIntensityStaysFinite() {
    PatchSize size = new PatchSize(2, 3, 4);
    Augmentation all = changes(always(0), always(1), always(1.2), always(0.8), always(0.7));
    for (float v : change(new float[24], size, all, 1)) {
      assertEquals(0, v);
    }
  }

  @Test
  void drawsAreUniformAndTheirKeysCount() {
    Draws draws = new Draws(1, 2, 3);
    int[] counts = new int[7];
    double mean = 0;
    for (int i = 0; i < 70_000; i++) {
      counts[draws.nextInt(7)]++;
      mean += draws.nextDouble() / 70_000;
    }
    for (int count : counts) {
      assertEquals(10_000, count, 5 * Math.sqrt(70_000 * 6 / 49.0));
    }
    assertEquals(0.5, mean, 5 / Math.sqrt(12 * 70_000));
    assertTrue(new Draws(1, 2).nextLong() != new Draws(2, 1).nextLong());
    assertTrue(new Draws(0).nextLong() != new Draws(0, 0).nextLong());
  }
}
