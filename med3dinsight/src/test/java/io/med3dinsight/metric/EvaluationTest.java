package io.med3dinsight.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Orientation;
import io.med3dinsight.volume.Sentences;
import io.med3dinsight.volume.Spacing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  private static final Grid GRID = Grid.of(4, 5, 6, new Spacing(1, 2, 3));
  private static final SortedMap<Integer, String> NAMES =
      new TreeMap<>(java.util.Map.of(0, "background", 1, "one", 2, "two"));

  @TempDir Path folder;

  private static LabelVolume labels(int... valueAt) {
    int[] out = new int[GRID.size()];
    for (int i = 0; i < valueAt.length; i += 2) {
      out[valueAt[i]] = valueAt[i + 1];
    }
    return LabelVolume.of(GRID, out);
  }

  @Test
  void emptyStructures() {
    LabelVolume none = labels();
    CaseScore both = CaseScore.of("a", none, none, NAMES);
    assertEquals(1, both.dice());
    assertEquals(0, both.hd95());
    double diagonal = Math.sqrt(6 * 6 + 10 * 10 + 12 * 12);
    LabelVolume one = labels(7, 1);
    for (CaseScore c :
        List.of(CaseScore.of("a", none, one, NAMES), CaseScore.of("a", one, none, NAMES))) {
      assertEquals(0, c.classes().get(0).dice());
      assertEquals(diagonal, c.classes().get(0).hd95(), 1e-12);
      assertEquals(0.5, c.dice());
      for (Measure m : Measure.values()) {
        assertEquals(m.isDistance() ? diagonal : 0, c.classes().get(0).value(m), 1e-12);
        assertEquals(m.isDistance() ? 0 : 1, c.classes().get(1).value(m));
      }
    }
    CaseScore missed = CaseScore.of("a", none, one, NAMES);
    CaseScore invented = CaseScore.of("b", one, none, NAMES);
    Evaluation all = Evaluation.of(List.of(missed, invented));
    assertEquals(1, all.classes().get(0).missed());
    assertEquals(1, all.classes().get(0).invented());
    assertEquals(0, all.classes().get(0).absent());
    assertEquals(0, all.classes().get(1).missed());
    assertEquals(2, all.classes().get(1).absent());
    assertEquals(0.5, all.dice());
    assertEquals(diagonal / 2, all.hd95(), 1e-12);
  }

  @Test
  void distancesAreInMillimetresAlongEachAxis() {
    // Voxel (w, h, d) = (1, 1, 1) against one step along each axis.
    int at = (5 + 1) * 6 + 1;
    int[] steps = {1, 6, 30};
    double[] mm = {1, 2, 3};
    for (int axis = 0; axis < 3; axis++) {
      CaseScore c = CaseScore.of("a", labels(at, 1), labels(at + steps[axis], 1), NAMES);
      assertEquals(mm[axis], c.classes().get(0).hd95(), 1e-12);
    }
  }

  /** 0.3 mm apart: three steps of 0.1 mm are a little more in binary, and still within it. */
  @Test
  void aDistanceThatEqualsTheToleranceIsWithinIt() {
    Grid fine = Grid.of(1, 1, 40, new Spacing(0.1, 1, 1));
    int[] a = new int[40];
    int[] b = new int[40];
    a[2] = 1;
    b[5] = 1;
    LabelVolume p = LabelVolume.of(fine, a);
    LabelVolume r = LabelVolume.of(fine, b);
    SortedMap<Integer, String> one = new TreeMap<>(java.util.Map.of(1, "one"));
    assertEquals(1, CaseScore.of("a", p, r, one, 0.3).mean(Measure.SURFACE_DICE));
    assertEquals(0, CaseScore.of("a", p, r, one, 0.29).mean(Measure.SURFACE_DICE));
    for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(UsageException.class, () -> CaseScore.of("a", p, r, one, bad));
    }
  }

  /** Whatever a model predicts, leaving a structure out never makes any mean better. */
  @Property(tries = 300, seed = "20250914")
  void aMissedStructureNeverImprovesTheMean(@ForAll long seed) {
    Random random = new Random(seed);
    int[] truth = new int[GRID.size()];
    int[] guess = new int[GRID.size()];
    int[] left = new int[GRID.size()];
    double noise = random.nextDouble();
    for (int i = 0; i < truth.length; i++) {
      truth[i] = random.nextInt(3);
      guess[i] = random.nextDouble() < noise ? random.nextInt(3) : truth[i];
      left[i] = guess[i] == 1 ? 0 : guess[i];
    }
    truth[0] = 1;
    LabelVolume reference = LabelVolume.of(GRID, truth);
    CaseScore with = CaseScore.of("a", LabelVolume.of(GRID, guess), reference, NAMES);
    CaseScore without = CaseScore.of("a", LabelVolume.of(GRID, left), reference, NAMES);
    CaseScore other = CaseScore.of("b", reference, reference, NAMES);
    Evaluation better = Evaluation.of(List.of(with, other));
    Evaluation worse = Evaluation.of(List.of(without, other));
    for (Measure m : Measure.values()) {
      double sign = m.isDistance() ? 1 : -1;
      assertTrue(sign * without.mean(m) >= sign * with.mean(m), m.toString());
      assertTrue(sign * worse.mean(m) >= sign * better.mean(m), m.toString());
    }
    assertEquals(1, worse.classes().get(0).missed());
  }

  @Test
  void mapsThatCannotBeComparedAreRefused() {
    LabelVolume small = LabelVolume.of(Grid.of(4, 5, 5, new Spacing(1, 2, 3)), new int[100]);
    Sentences.refused(
        () -> CaseScore.of("case7", small, labels(), NAMES), "case7", "5x5x4", "6x5x4");
    Affine moved = Affine.of(1, 0, 0, 5, 0, 2, 0, 0, 0, 0, 3, 0);
    LabelVolume elsewhere = LabelVolume.of(Grid.of(4, 5, 6, moved), new int[120]);
    Sentences.refused(
        () -> CaseScore.of("case7", elsewhere, labels(), NAMES), "case7", "different places");
    Sentences.refused(
        () -> CaseScore.of("case7", labels(3, 9), labels(), NAMES),
        "case7",
        "label 9",
        "[0, 1, 2]");
    Sentences.refused(() -> Evaluation.of(List.of()), "no case");
  }

  /** A prediction in another order of axes is the same prediction; one elsewhere is none. */
  @Test
  void aTurnedPredictionScoresTheSame() {
    Affine lps = Affine.of(0, 0, -1, 9, -2, 0, 0, 8, 0, 3, 0, -4);
    Grid ras = Orientation.of(Grid.of(6, 4, 5, lps)).toRas(Grid.of(6, 4, 5, lps));
    int[] truth = new int[ras.size()];
    int[] guess = new int[ras.size()];
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < truth.length; i++) {
      truth[i] = random.nextInt(3);
      guess[i] = random.nextInt(3);
    }
    LabelVolume reference = LabelVolume.of(ras, truth);
    LabelVolume straight = LabelVolume.of(ras, guess);
    LabelVolume turned = Orientation.turned(straight, Grid.of(6, 4, 5, lps), 0.01);
    assertEquals("PSL", Orientation.of(turned.grid()).code());
    CaseScore expected = CaseScore.of("a", straight, reference, NAMES);
    assertEquals(expected, CaseScore.of("a", turned, reference, NAMES));
    Affine moved = Affine.of(0, 0, -1, 14, -2, 0, 0, 8, 0, 3, 0, -4);
    LabelVolume elsewhere = LabelVolume.of(Grid.of(6, 4, 5, moved), turned.labels());
    Sentences.refused(
        () -> CaseScore.of("a", elsewhere, reference, NAMES),
        "case a",
        "must lie on the same grid");
  }

  @Test
  void oneFileIsComparedWithOne() {
    Path prediction = folder.resolve("p.nii");
    Path reference = folder.resolve("r.nii.gz");
    labels(3, 1, 4, 1).write(reference);
    labels(3, 1).write(prediction);
    Evaluation e = Evaluation.ofFolders(prediction, reference, new TreeMap<>(), 1);
    assertEquals(List.of("r"), e.cases().stream().map(CaseScore::id).toList());
    assertEquals(2 / 3.0, e.dice(), 1e-12);
    Sentences.refused(
        () -> Evaluation.ofFolders(prediction, folder, new TreeMap<>(), 1), "two label maps");
  }

  @Test
  void foldersAreMatchedByName() throws IOException {
    Path predictions = Files.createDirectory(folder.resolve("predictions"));
    Path references = Files.createDirectory(folder.resolve("references"));
    TreeMap<Integer, String> any = new TreeMap<>();
    Path missing = folder.resolve("missing");
    Sentences.refused(() -> Evaluation.ofFolders(missing, references, any, 1), missing.toString());
    Sentences.refused(
        () -> Evaluation.ofFolders(predictions, references, any, 1),
        predictions.toString(),
        "empty");
    labels(3, 1, 4, 1).write(references.resolve("a.nii"));
    labels(3, 1).write(predictions.resolve("a.nii.gz"));
    labels(3, 2).write(references.resolve("b.nii.gz"));
    Sentences.refused(
        () -> Evaluation.ofFolders(predictions, references, any, 1), "case b", "missing");
    labels(3, 2).write(predictions.resolve("b.nii.gz"));
    Files.writeString(predictions.resolve("notes.txt"), "not an image");
    Evaluation e = Evaluation.ofFolders(predictions, references, any, 1);
    assertEquals(List.of("a", "b"), e.cases().stream().map(CaseScore::id).toList());
    assertEquals(2 / 3.0, e.cases().get(0).classes().get(0).dice(), 1e-12);
    assertEquals("label 2", e.classes().get(1).name());
    labels().write(predictions.resolve("a.nii"));
    Sentences.refused(
        () -> Evaluation.ofFolders(predictions, references, any, 1),
        "a.nii",
        "a.nii.gz",
        "keep one");
  }

  @Test
  void backgroundAloneIsNothingToScore() throws IOException {
    labels().write(folder.resolve("a.nii.gz"));
    Sentences.refused(
        () -> Evaluation.ofFolders(folder, folder, new TreeMap<>(), 1),
        folder.toString(),
        "background");
  }
}
