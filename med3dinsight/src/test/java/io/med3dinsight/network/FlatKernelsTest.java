package io.med3dinsight.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels against those of nnU-Net v2's planner (oracle/flat_kernels.py). */
class FlatKernelsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Stream<String> planned() throws IOException {
    try (var in = FlatKernelsTest.class.getResourceAsStream("flat_kernels.jsonl")) {
      List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      assertEquals(40, lines.size());
      return lines.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("planned")
  void areThoseOfNnUNet(String line) throws IOException {
    JsonNode c = JSON.readTree(line);
    int[][] strides = JSON.convertValue(c.get("strides"), int[][].class);
    double[] spacing = JSON.convertValue(c.get("spacing"), double[].class);
    int[][] expected = JSON.convertValue(c.get("kernels"), int[][].class);
    assertArrayEquals(expected, FlatKernels.of(strides, spacing));
  }

  @Test
  void jsonAndBackIsTheSameNetworkAndCubesAreLeftOut() {
    int[][] strides = {{1, 1, 1}, {1, 2, 2}};
    UNetConfig cubic = new UNetConfig(1, new int[] {4, 8}, strides, 1, true);
    UNetConfig flat = cubic.withKernels(new int[][] {{1, 3, 3}, {3, 3, 3}});
    assertEquals(flat, NetworkJson.read(flat.toJson()));
    assertEquals(cubic, NetworkJson.read(cubic.toJson()));
    assertTrue(flat.toJson().has("kernels"));
    assertFalse(cubic.toJson().has("kernels"));
    assertNotEquals(flat, cubic);
    assertEquals(
        "unet(in=1, channels=[4, 8], strides=[[1, 1, 1], [1, 2, 2]], convolutions=1, residual)",
        cubic.signature());
  }

  @ParameterizedTest
  @ValueSource(strings = {"[[1,3,3]]", "[[1,3,3],[3,3]]", "[[2,3,3],[3,3,3]]", "[[9,3,3],[3,3,3]]"})
  void unusableKernelsAreRefused(String kernels) throws IOException {
    int[][] given = JSON.readValue(kernels, int[][].class);
    UNetConfig cubic =
        new UNetConfig(1, new int[] {4, 8}, new int[][] {{1, 1, 1}, {2, 2, 2}}, 1, true);
    UsageException e = assertThrows(UsageException.class, () -> cubic.withKernels(given));
    assertTrue(e.getMessage().contains("network.kernels"), e.getMessage());
    assertTrue(e.getMessage().contains("each of the 2 stages"), e.getMessage());
  }
}
