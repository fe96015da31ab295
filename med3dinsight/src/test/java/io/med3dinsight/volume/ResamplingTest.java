package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.engine.cpu.Parallel;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against scipy.ndimage.map_coordinates (oracle/measures.py), and what holds for any grid. */
class ResamplingTest {
  static Stream<JsonNode> cases() throws IOException {
    return JsonLines.read(ResamplingTest.class, "resampling.jsonl").stream();
  }

  private static Grid grid(JsonNode extents) {
    int[] e = JsonLines.ints(extents);
    return Grid.of(e[0], e[1], e[2], new Spacing(0.7, 1.1, 2.3));
  }

  private static Grid target(JsonNode c) {
    int[] e = JsonLines.ints(c.get("target"));
    return Resampling.grid(grid(c.get("source")), e[0], e[1], e[2]);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void linearIsMapCoordinates(JsonNode c) {
    Volume volume = Volume.of(grid(c.get("source")), JsonLines.floats(c.get("image")));
    Volume out = Resampling.linear(volume, target(c));
    assertArrayEquals(JsonLines.floats(c.get("linear")), out.voxels(), 2e-5f);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void labelsTakeTheLargestShareOrTheNearestVoxel(JsonNode c) {
    LabelVolume labels = LabelVolume.of(grid(c.get("source")), JsonLines.digits(c.get("labels")));
    int[] nearest = Resampling.nearest(labels, target(c)).labels();
    assertArrayEquals(JsonLines.digits(c.get("nearest")), nearest);
    int[] perClass = Resampling.perClass(labels, target(c)).labels();
    int[] expected = JsonLines.digits(c.get("perClass"));
    double[] margin = JsonLines.doubles(c.get("margin"));
    int clear = 0;
    for (int i = 0; i < expected.length; i++) {
      if (margin[i] > 1e-5) {
        assertEquals(expected[i], perClass[i], "voxel " + i);
        clear++;
      }
    }
    assertTrue(2 * clear >= expected.length, clear + " of " + expected.length);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void argmaxIsTakenAfterInterpolation(JsonNode c) {
    float[] scores = JsonLines.floats(c.get("scores"));
    int[] labels = argmax(scores, grid(c.get("source")), target(c));
    assertArrayEquals(JsonLines.digits(c.get("argmax")), labels);
  }

  private static int[] argmax(float[] scores, Grid from, Grid to) {
    return feed(
        new ScoreRestorer(
            new int[] {from.depth(), from.height(), from.width()},
            new int[] {to.depth(), to.height(), to.width()},
            0,
            new int[] {1, to.width(), to.width() * to.height()},
            3,
            null,
            new Parallel(2)),
        scores,
        from);
  }

  /** Hands scores [D, H, W, 3] on, in strips as narrow as can be. */
  private static int[] feed(ScoreRestorer restorer, float[] scores, Grid grid) {
    int row = grid.width() * 3;
    for (ScoreStrip strip : restorer.strips(2)) {
      for (int d = 0; d < grid.depth(); d++) {
        int at = (d * grid.height() + strip.firstRow()) * row;
        restorer.plane(strip, d, Arrays.copyOfRange(scores, at, at + strip.rows() * row));
      }
    }
    return restorer.labels();
  }

  @Test
  void equalSharesGoToTheLowestLabel() {
    LabelVolume labels = LabelVolume.of(Grid.of(1, 1, 2, new Spacing(1, 1, 1)), new int[] {2, 1});
    Grid one = Resampling.grid(labels.grid(), 1, 1, 1);
    assertArrayEquals(new int[] {1}, Resampling.perClass(labels, one).labels());
    assertArrayEquals(new int[] {2}, Resampling.nearest(labels, one).labels());
    float[] tie = {3, 3, 1, 3, 3, 1};
    assertArrayEquals(new int[] {0}, argmax(tie, labels.grid(), one));
  }

  @Test
  void bothGridsFillTheSameBox() {
    Grid grid =
        Grid.of(5, 8, 11, Affine.of(-0.9, 0.2, 0.1, 11.5, 0.3, 1.4, -0.3, 20, 0, 0.5, 2.7, 7));
    Grid fine = Resampling.grid(grid, new Spacing(0.5, 0.5, 0.5));
    for (int corner = 0; corner < 8; corner++) {
      double[] a = corner(grid, corner);
      double[] b = corner(fine, corner);
      assertArrayEquals(a, b, 1e-9);
    }
    for (int axis = 0; axis < 3; axis++) {
      double length = grid.extent(axis) * grid.spacing().along(axis);
      assertEquals(Math.rint(length / 0.5), fine.extent(axis));
    }
    assertSame(grid, Resampling.grid(grid, grid.spacing()));
    // The outer borders coincide, so that a linear ramp keeps its slope inside.
    Volume ramp = Volume.of(grid, ramp(grid));
    Volume finer = Resampling.linear(ramp, fine);
    double ratio = (double) grid.width() / fine.width();
    int w = fine.width() / 2;
    assertEquals((w + 0.5) * ratio - 0.5, finer.at(2, 3, w), 1e-5);
  }

  private static float[] ramp(Grid grid) {
    float[] v = new float[grid.size()];
    for (int i = 0; i < v.length; i++) {
      v[i] = i % grid.width();
    }
    return v;
  }

  /** Position of an outer corner of the box of voxels. */
  private static double[] corner(Grid g, int corner) {
    return g.affine()
        .apply(
            (corner & 1) * g.width() - 0.5,
            (corner >> 1 & 1) * g.height() - 0.5,
            (corner >> 2) * g.depth() - 0.5);
  }

  @Test
  void absurdVoxelSizesAreRefusedBeforeAnythingIsAllocated() {
    Spacing one = new Spacing(1, 1, 1);
    Volume kilometres = Volume.of(Grid.of(4, 4, 4, new Spacing(1e6, 1e6, 1e6)), new float[64]);
    Sentences.refused(() -> Resampling.linear(kilometres, one), "4x4x4", "6.40e+19", "voxel sizes");
    Volume absurd = Volume.of(Grid.of(1, 1, 4, new Spacing(1e30, 1, 1)), new float[4]);
    Sentences.refused(() -> Resampling.linear(absurd, one), "4x1x1");
    assertThrows(
        IllegalArgumentException.class, () -> Resampling.linear(absurd, new Spacing(0, 1, 1)));
  }

  /** Scores that are right on the network's grid come back right, on exactly the file's grid. */
  @Test
  void restoreEndsOnExactlyTheInputGrid() {
    Random random = new Random(3);
    Affine lpsPermuted = Affine.of(0, -1.2, 0, 40, 0, 0, 2.5, -30, -0.8, 0, 0, 20);
    Grid file = Grid.of(9, 14, 11, lpsPermuted);
    int[] labels = new int[file.size()];
    for (int i = 0; i < labels.length; i++) {
      int k = i / (file.width() * file.height());
      int j = i / file.width() % file.height();
      labels[i] = k < 4 ? 1 : j < 7 ? 2 : 0;
    }
    LabelVolume truth = LabelVolume.of(file, labels);
    for (Spacing spacing : new Spacing[] {null, file.spacing(), new Spacing(0.6, 0.5, 0.4)}) {
      Preprocessing p = new Preprocessing(spacing, Normalization.none());
      LabelVolume prepared = p.labels(truth);
      Volume image = p.image(Volume.of(file, new float[file.size()]));
      assertTrue(prepared.grid().sameShape(p.grid(file)) && image.grid().equals(p.grid(file)));
      float[] scores = new float[3 * prepared.labels().length];
      for (int i = 0; i < prepared.labels().length; i++) {
        for (int c = 0; c < 3; c++) {
          scores[3 * i + c] = random.nextFloat() * 0.01f + (prepared.labels()[i] == c ? 1 : 0);
        }
      }
      ScoreRestorer restorer = p.restorer(file, 3, null, new Parallel(2));
      LabelVolume restored = LabelVolume.of(file, feed(restorer, scores, prepared.grid()));
      int wrong = 0;
      for (int i = 0; i < labels.length; i++) {
        wrong += labels[i] != restored.labels()[i] ? 1 : 0;
      }
      assertEquals(0, wrong, "spacing " + spacing);
    }
  }
}
