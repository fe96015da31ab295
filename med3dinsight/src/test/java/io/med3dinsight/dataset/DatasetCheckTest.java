package io.med3dinsight.dataset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Affine;
import io.med3dinsight.volume.Grid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each fault that a dataset can have is found, in its case. */
class DatasetCheckTest {
  @TempDir Path folder;
  private MsdFolder msd;

  @BeforeEach
  void writeDataset() throws IOException {
    msd = new MsdFolder(folder.resolve("data"));
    // Each case its own image.
    for (int i = 0; i < 3; i++) {
      float[] voxels = MsdFolder.ramp(MsdFolder.GRID);
      voxels[0] = 1000 + i;
      msd.image("abc".substring(i, i + 1), MsdFolder.GRID, voxels);
    }
  }

  private DatasetCheck.Report check() {
    return DatasetCheck.of(msd.path, Progress.NONE);
  }

  private void found(String id, String words) {
    List<String> sentences = check().problems().getOrDefault(id, List.of());
    assertTrue(sentences.toString().contains(words), check().problems().toString());
    assertTrue(sentences.stream().allMatch(s -> s.endsWith(".")), sentences.toString());
  }

  @Test
  void aGoodDatasetIsSummedUp() {
    DatasetCheck.Report report = check();
    assertEquals(Map.of(), report.problems());
    assertEquals(Map.of(), report.notes());
    Map<String, Object> s = report.summary();
    assertEquals(List.of(1.0, 1.0, 1.0), s.get("spacingX"));
    assertEquals(List.of(3.0, 3.0, 3.0), s.get("spacingZ"));
    assertEquals(List.of(5.0, 5.0, 5.0), s.get("extentY"));
    assertEquals(1002.0, s.get("intensityMax"));
    Map<?, ?> front = (Map<?, ?>) ((List<?>) s.get("classes")).get(1);
    assertEquals(2, front.get("cases"));
    assertEquals(2L, front.get("voxels"));
    assertEquals(0.006, (double) front.get("meanMl"), 1e-12);
  }

  @Test
  void eachFaultIsNamed() throws IOException {
    float[] nan = MsdFolder.ramp(MsdFolder.GRID);
    nan[3] = Float.NaN;
    msd.image("a", MsdFolder.GRID, nan);
    found("a", "1 voxels that are not finite");
    msd.image("a", MsdFolder.GRID, new float[MsdFolder.GRID.size()]);
    found("a", "the same everywhere");
    float[] copy = MsdFolder.ramp(MsdFolder.GRID);
    msd.image("a", MsdFolder.GRID, copy);
    msd.image("b", MsdFolder.GRID, copy);
    found("b", "the same as that of case a");
    int[] strange = MsdFolder.marks(MsdFolder.GRID);
    strange[7] = 9;
    msd.label("a", MsdFolder.GRID, strange);
    found("a", "holds the value 9");
    Grid moved = Grid.of(4, 5, 6, Affine.of(-1, 0, 0, 90, 0, -2, 0, 8, 0, 0, 3, 0));
    msd.label("a", moved, MsdFolder.marks(moved));
    found("a", "more than a voxel apart");
    Files.write(msd.path.resolve("labelsTr/a.nii.gz"), new byte[50]);
    found("a", "NIfTI");
    Files.write(msd.path.resolve("imagesTr/c.nii.gz"), new byte[50]);
    found("c", "NIfTI");
  }

  /** Files that are not there are found beside the other faults. */
  @Test
  void missingFilesAreNamedWithTheirCases() throws IOException {
    float[] voxels = MsdFolder.ramp(MsdFolder.GRID);
    voxels[3] = Float.NaN;
    msd.image("a", MsdFolder.GRID, voxels);
    Files.delete(msd.path.resolve("labelsTr/b.nii.gz"));
    Files.delete(msd.path.resolve("imagesTr/c.nii.gz"));
    found("a", "not finite numbers");
    found("b", "labelsTr/b.nii.gz is missing");
    found("c", "imagesTr/c.nii.gz is missing");
  }

  @Test
  void whatIsUnusualIsNoted() {
    Grid coarse = Grid.of(4, 5, 6, Affine.of(-1, 0, 0, 5, 0, -2, 0, 8, 0, 0, 12, 0));
    msd.image("a", coarse, MsdFolder.ramp(coarse));
    msd.label("a", coarse, new int[coarse.size()]);
    String notes = check().notes().get("a").toString();
    assertTrue(notes.contains("12.0 mm long along z where the median is 3.00 mm"), notes);
    assertTrue(notes.contains("no structure"), notes);
  }
}
