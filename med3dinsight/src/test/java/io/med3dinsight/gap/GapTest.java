package io.med3dinsight.gap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.pretrain.SliceEmbeddings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GapTest {
  @TempDir Path dir;

  private SafetensorsFile fixture() throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in = getClass().getResourceAsStream("../ablation/ablation.safetensors")) {
      Files.copy(in, file);
    }
    return SafetensorsFile.open(file);
  }

  private static double[] wide(float[] x) {
    return IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray();
  }

  private static double[][] rows(float[] x, int width) {
    double[][] out = new double[x.length / width][];
    for (int i = 0; i < out.length; i++) {
      out[i] = wide(Arrays.copyOfRange(x, i * width, (i + 1) * width));
    }
    return out;
  }

  @Test
  void componentsAndNeighbourhoodsAgreeWithNumpy() throws IOException {
    try (SafetensorsFile f = fixture()) {
      double[][] x = rows(f.floats("x"), 6);
      double[][] pca = Pca.project(x, 2);
      double[][] joint = Tsne.joint(x, 8);
      double[][] expectedPca = rows(f.floats("pca"), 2);
      double[][] expectedJoint = rows(f.floats("joint"), 30);
      for (int i = 0; i < 30; i++) {
        assertArrayEquals(expectedPca[i], pca[i], 1e-5);
        assertArrayEquals(expectedJoint[i], joint[i], 1e-7);
      }
    }
  }

  /** Two clouds far apart stay apart on the map, and each stays together. */
  @Test
  void tsneKeepsCloudsApart() {
    SplittableRandom random = new SplittableRandom(2);
    double[][] x = new double[60][5];
    for (int i = 0; i < 60; i++) {
      for (int k = 0; k < 5; k++) {
        x[i][k] = random.nextDouble() + (i < 30 && k == 0 ? 8 : 0);
      }
    }
    double[][] map = Tsne.map(x, 10);
    double[][] first = Arrays.copyOfRange(map, 0, 30);
    double[][] second = Arrays.copyOfRange(map, 30, 60);
    double apart = ModalityGap.centroidDistance(first, second);
    for (double[][] cloud : List.of(first, second)) {
      double[][] centre = {new double[2]};
      for (double[] p : cloud) {
        centre[0][0] += p[0] / 30;
        centre[0][1] += p[1] / 30;
      }
      for (double[] p : cloud) {
        double radius = Math.hypot(p[0] - centre[0][0], p[1] - centre[0][1]);
        assertTrue(radius < apart, radius + " of " + apart);
      }
    }
  }

  @Test
  void gapsOfCloudsThatAreThePlacesTheyAre() {
    SplittableRandom random = new SplittableRandom(5);
    double[][] a = new double[200][6];
    double[][] near = new double[200][6];
    double[][] far = new double[200][6];
    int[] groups = IntStream.range(0, 200).map(i -> i / 10).toArray();
    for (int i = 0; i < 200; i++) {
      for (int k = 0; k < 6; k++) {
        a[i][k] = random.nextDouble();
        near[i][k] = random.nextDouble();
        far[i][k] = near[i][k] + (k == 2 ? 3 : 0);
      }
    }
    assertEquals(3, ModalityGap.centroidDistance(near, far), 1e-9);
    assertEquals(1, ModalityGap.separability(a, far, groups));
    assertEquals(0.5, ModalityGap.separability(a, near, groups), 0.1);
  }

  private static float[][] cloud(SplittableRandom random, float shift) {
    float[][] rows = new float[240][5];
    for (float[] row : rows) {
      for (int k = 0; k < row.length; k++) {
        row[k] = (float) random.nextDouble() + (k == 1 ? shift : 0);
      }
    }
    return rows;
  }

  @Test
  void aGapIsThatOfItsThreeClouds() {
    SplittableRandom random = new SplittableRandom(3);
    int[] volumes = IntStream.range(0, 240).map(i -> i / 40).toArray();
    SliceEmbeddings slices =
        new SliceEmbeddings(cloud(random, 0), cloud(random, 4), cloud(random, 0), volumes);
    Gap gap = Gap.of(slices);
    Map<String, Double> measures = gap.measures();
    assertEquals(Gap.MEASURES, List.copyOf(measures.keySet()));
    assertEquals(4, measures.get("image_distance"), 0.1);
    assertEquals(0, measures.get("text_distance"), 0.15);
    assertEquals(4, measures.get("image_text_distance"), 0.1);
    assertEquals(1, measures.get("image_separability"));
    assertEquals(0.5, measures.get("text_separability"), 0.1);
    double[][][] map = gap.pca();
    assertEquals(3, map.length);
    assertEquals(200, map[2].length);
    // The first axis is that along which the images lie apart.
    double nearest = Arrays.stream(map[1]).mapToDouble(p -> Math.abs(p[0])).min().orElseThrow();
    assertTrue(nearest > 1.5, "nearest at " + nearest);
    int[] one = new int[240];
    Gap alone = Gap.of(new SliceEmbeddings(slices.seen(), slices.images(), slices.texts(), one));
    assertTrue(Double.isNaN(alone.measures().get("image_separability")));
    float[][] none = new float[0][];
    assertThrows(
        IllegalArgumentException.class,
        () -> Gap.of(new SliceEmbeddings(none, none, none, new int[0])));
  }
}
