package io.med3dinsight.ablation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import io.med3dinsight.nn.checkpoint.SafetensorsFile;
import io.med3dinsight.transport.AlignmentKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AblationPartsTest {
  @TempDir Path dir;

  private SafetensorsFile fixture() throws IOException {
    Path file = dir.resolve("fixture.safetensors");
    try (InputStream in = getClass().getResourceAsStream("ablation.safetensors")) {
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
      out[i] = Arrays.copyOfRange(wide(x), i * width, (i + 1) * width);
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

  /**
   * Exact up to 16 cases. Beyond, Commons Math puts the correction for continuity on the other side
   * than scipy does, which moves z by 1 / 74 at 40 cases.
   */
  @Test
  void signedRankTestsAgreeWithScipy() throws IOException {
    int cases = 0;
    try (SafetensorsFile f = fixture()) {
      for (String name : f.names()) {
        if (name.endsWith("/p")) {
          String at = name.substring(0, name.length() - 1);
          double[] a = wide(f.floats(at + "a"));
          double[] b = wide(f.floats(at + "b"));
          double p = f.floats(name)[0];
          Comparison c = Comparison.of(a, b);
          assertEquals(p, c.p(), a.length <= 16 ? 1e-6 : 0.011 * (1 - p) + 0.02 * p, name);
          assertTrue(c.low() < c.difference() && c.difference() < c.high(), c.toString());
          cases++;
        }
      }
    }
    assertEquals(4, cases);
    assertEquals(1, Comparison.of(new double[] {1, 2}, new double[] {1, 2}).p());
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

  @Test
  void noiseSpoilsExactlyItsShare() {
    for (double share : new double[] {0.2, 0.5, 1}) {
      int[] shuffled = new CaptionNoise(CaptionNoise.Kind.SHUFFLED, share).sources(100, 4);
      int[] replaced = new CaptionNoise(CaptionNoise.Kind.REPLACED, share).sources(100, 4);
      int moved = 0;
      int gone = 0;
      for (int i = 0; i < 100; i++) {
        moved += shuffled[i] == i ? 0 : 1;
        gone += replaced[i] < 0 ? 1 : 0;
        assertEquals(shuffled[i] != i, replaced[i] < 0);
      }
      assertEquals(Math.round(100 * share), moved);
      assertEquals(Math.round(100 * share), gone);
      assertArrayEquals(
          IntStream.range(0, 100).toArray(), Arrays.stream(shuffled).sorted().toArray());
    }
    int[] a = CaptionNoise.parse("shuffled:0.2").sources(50, 1);
    assertNotEquals(
        Arrays.toString(a), Arrays.toString(CaptionNoise.parse("shuffled:0.2").sources(50, 2)));
  }

  @Test
  void labelledCasesAreNested() {
    List<String> ids = IntStream.range(0, 40).mapToObj(i -> "c" + i).toList();
    List<String> few = SharedData.labelled(ids, 0.05, 3);
    List<String> more = SharedData.labelled(ids, 0.5, 3);
    assertEquals(2, few.size());
    assertEquals(20, more.size());
    assertTrue(new HashSet<>(more).containsAll(few));
    assertEquals(40, SharedData.labelled(ids, 1, 3).size());
    assertEquals(1, SharedData.labelled(ids, 0.001, 3).size());
    assertNotEquals(few, SharedData.labelled(ids, 0.05, 4));
  }

  /** 3 seeds x 2 shares x (scratch + reconstruction + 2 alignments x 2 captions). */
  @Test
  void theGridIsCompleteAndItsCellsHaveTheirOwnFolders() {
    AblationGrid grid =
        new AblationGrid(
            List.of(Start.values()),
            List.of(AlignmentKind.PARTIAL_OT, AlignmentKind.TRIPLET),
            List.of("clean", "replaced:0.5"),
            List.of(0.05, 1.0),
            3,
            0);
    List<Cell> cells = grid.cells(7);
    assertEquals(36, cells.size());
    assertEquals(36, cells.stream().map(Cell::id).distinct().count());
    assertEquals("scratch-seed7-labels5", cells.get(0).id());
    assertEquals("triplet-replaced-0.5-seed9-labels100", cells.get(35).id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "clean:0.2",
        "shuffled",
        "shuffled:0",
        "shuffled:1.5",
        "replaced:x",
        "noise:1"
      })
  void noiseThatCannotBeReadIsRefused(String word) {
    UsageException e = assertThrows(UsageException.class, () -> CaptionNoise.parse(word));
    assertTrue(e.getMessage().contains("expected clean, shuffled:SHARE"), e.getMessage());
  }
}
