package io.med3dinsight.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.volume.Grid;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.Spacing;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CaseStoreTest {
  @TempDir private Path folder;

  private static List<TrainingCase> cases(int count) {
    List<TrainingCase> cases = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      SplittableRandom random = new SplittableRandom(n);
      // One case is larger than the buffer it is written through.
      Grid grid =
          Grid.of(n == 1 ? 70 : 5, n == 1 ? 70 : 6 + n, n == 1 ? 71 : 7, new Spacing(1, 2, 3));
      float[] image = new float[grid.size()];
      int[] labels = new int[grid.size()];
      for (int i = 0; i < image.length; i++) {
        image[i] = (float) random.nextDouble();
        labels[i] = random.nextInt(3);
      }
      cases.add(TrainingCase.of("case" + n, Volume.of(grid, image), LabelVolume.of(grid, labels)));
    }
    return cases;
  }

  private CaseStore store(List<TrainingCase> cases, long budget) {
    CaseStore store = new CaseStore(folder.resolve("prepared"), budget);
    store.addAll(cases);
    return store;
  }

  @Test
  void casesComeBackTheSameWhateverFitsMemory() {
    List<TrainingCase> cases = cases(6);
    for (long budget : new long[] {1, 5_000, 3_000_000, Long.MAX_VALUE}) {
      try (CaseStore store = store(cases, budget)) {
        PatchSampler sampler =
            new PatchSampler(new PatchSize(4, 4, 4), 0.5, Augmentation.standard());
        for (int n : new int[] {0, 5, 1, 1, 3, 0, 2, 4}) {
          TrainingCase expected = cases.get(n);
          TrainingCase found = store.get(n);
          assertEquals(expected.id(), found.id());
          assertEquals(expected.grid(), found.grid());
          assertArrayEquals(expected.channels(), found.channels());
          assertArrayEquals(expected.labels(), found.labels());
          assertArrayEquals(patch(sampler, expected, n), patch(sampler, found, n));
        }
      }
    }
  }

  private static float[] patch(PatchSampler sampler, TrainingCase c, int index) {
    float[] image = new float[64];
    sampler.draw(c, 1, 2, index, image, 0, new int[64], 0);
    return image;
  }

  @Test
  void memoryStaysWithinTheBudgetAndFilesGoWithTheStore() throws IOException {
    Path prepared = folder.resolve("prepared");
    try (CaseStore store = store(cases(6), Long.MAX_VALUE)) {
      assertEquals(6, store.inMemory());
      assertFalse(Files.exists(prepared));
    }
    try (CaseStore store = store(cases(6), 1)) {
      assertEquals(1, store.inMemory());
      store.get(3);
      assertEquals(1, store.inMemory());
      try (var files = Files.list(prepared)) {
        assertEquals(6, files.count());
      }
    }
    assertFalse(Files.exists(prepared));
  }

  @Test
  void partsAreViewsInTheStoresOrder() {
    try (CaseStore store = store(cases(4), 1)) {
      List<TrainingCase> only = store.only(List.of("case3", "case0"));
      assertEquals(List.of("case0", "case3"), only.stream().map(TrainingCase::id).toList());
      assertEquals("case2", store.id(2));
    }
  }

  @Test
  void aFileThatWasCutIsNamed() throws IOException {
    try (CaseStore store = store(cases(3), 1)) {
      Path file = folder.resolve("prepared").resolve("0.case");
      Files.write(file, new byte[10]);
      DataException e = assertThrows(DataException.class, () -> store.get(0));
      assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }
  }
}
