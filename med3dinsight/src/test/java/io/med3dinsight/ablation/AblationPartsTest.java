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
