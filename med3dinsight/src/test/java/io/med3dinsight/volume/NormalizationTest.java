package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.volume.Normalization.Scheme;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against numpy (oracle/measures.py). */
class NormalizationTest {
  static Stream<JsonNode> cases() throws IOException {
    return JsonLines.read(NormalizationTest.class, "normalization.jsonl").stream();
  }

  private static float[] apply(Normalization n, float[] voxels) {
    Grid grid = Grid.of(1, 1, voxels.length, new Spacing(1, 1, 1));
    return n.apply(Volume.of(grid, voxels)).voxels();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithNumpy(JsonNode c) {
    float[] voxels = JsonLines.floats(c.get("voxels"));
    // The clip bounds are float32: half a unit in their last place, in deviations.
    float tolerance =
        1e-5f
            + (float) (Math.ulp((float) c.get("upper").asDouble()) / c.get("deviation").asDouble());
    assertArrayEquals(
        JsonLines.floats(c.get("mri")), apply(Normalization.mri(), voxels), tolerance);
    Normalization tails = new Normalization(Scheme.Z_SCORE_PER_IMAGE, 10, 80, 0, 1);
    assertArrayEquals(JsonLines.floats(c.get("tails")), apply(tails, voxels), tolerance);
    float[] window = apply(Normalization.window(-40, 160), voxels);
    assertArrayEquals(JsonLines.floats(c.get("window")), window, 1e-6f);
    assertArrayEquals(voxels, apply(Normalization.none(), voxels));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fitsCtByPercentilesMeanAndDeviation(JsonNode c) {
    Normalization ct = Normalization.fitCt(JsonLines.floats(c.get("voxels")));
    assertEquals(Scheme.FIXED, ct.scheme());
    double scale = Math.abs(c.get("upper").asDouble()) * 1e-9;
    assertEquals(c.get("lower").asDouble(), ct.lower(), scale);
    assertEquals(Math.max(c.get("upper").asDouble(), ct.lower() + 1e-3), ct.upper(), scale);
    assertEquals(c.get("mean").asDouble(), ct.mean(), scale);
    assertEquals(Math.max(c.get("deviation").asDouble(), 1e-3), ct.deviation(), scale);
  }

  @ParameterizedTest
  @ValueSource(floats = {0, 1, -7.3f, 1e-30f, 1e-42f, 3e38f, 0.1f})
  void anImageOfOneIntensityBecomesZeros(float value) {
    float[] voxels = new float[101];
    Arrays.fill(voxels, value);
    assertArrayEquals(new float[101], apply(Normalization.mri(), voxels));
    // Background zeros beside it do not count as contrast.
    voxels[3] = 0;
    assertArrayEquals(new float[101], apply(Normalization.mri(), voxels));
  }

  /** Above a million voxels a sample stands for all of them. */
  @Test
  void largeImagesAreMeasuredOnASample() {
    Random random = new Random(1);
    float[] voxels = new float[1_500_000];
    for (int i = 0; i < voxels.length; i++) {
      // Brighter towards the end, so that a sample of the beginning would show.
      voxels[i] = (float) (1000 + 1e-3 * i + 100 * random.nextGaussian());
    }
    float[] out = apply(Normalization.mri(), voxels);
    double mean = 0;
    double square = 0;
    for (float v : out) {
      mean += v / out.length;
      square += v * v / out.length;
    }
    assertEquals(0, mean, 0.01);
    assertEquals(1, square - mean * mean, 0.01);
    assertArrayEquals(out, apply(Normalization.mri(), voxels));
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Normalization.ct(3, 3, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> Normalization.ct(0, 3, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> Normalization.ct(0, Double.NaN, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> Normalization.fitCt(new float[0]));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Normalization(Scheme.Z_SCORE_PER_IMAGE, -1, 50, 0, 1));
  }
}
