package io.med3dinsight.classification;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.dataset.DatasetCheck.Report;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassificationCheckTest {
  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    for (String name : new String[] {"good/a", "good/b", "bad/c"}) {
      Files.createDirectories(folder.resolve(name).getParent());
      TinyModel.volume(5, 6, 7, name.hashCode()).write(folder.resolve(name + ".nii.gz"));
    }
  }

  private Report check(Path path) {
    assertTrue(ClassificationCheck.isFor(path));
    return ClassificationCheck.of(path, Progress.NONE);
  }

  @Test
  void classFoldersAreCounted() {
    Report report = check(folder);
    assertTrue(report.problems().isEmpty(), report.toString());
    assertEquals(2L, report.summary().get("class good"));
    assertEquals(1L, report.summary().get("class bad"));
    assertEquals(3, report.summary().get("readable"));
  }

  @Test
  void whatIsWrongIsNamed() throws IOException {
    Files.copy(folder.resolve("good/a.nii.gz"), folder.resolve("bad/copy.nii.gz"));
    Files.write(folder.resolve("good/b.nii.gz"), new byte[40]);
    Files.copy(folder.resolve("bad/c.nii.gz"), folder.resolve("outside.nii.gz"));
    Report report = check(folder);
    String problems = report.problems().toString();
    assertTrue(
        problems.contains("bad/copy.nii.gz") || problems.contains("good/a.nii.gz"), problems);
    assertTrue(problems.contains("the same image as"), problems);
    assertTrue(report.problems().containsKey("good/b.nii.gz"), problems);
    assertTrue(report.notes().toString().contains("lies in no class folder"), report.toString());
  }

  @Test
  void tablesAndTheirRows() throws IOException {
    Path csv = folder.resolve("table.csv");
    Files.writeString(
        csv,
        "file,label,split\ngood/a.nii.gz,0,train\nnone.nii.gz,1,train\nbad/c.nii.gz,1,\n"
            + "good/a.nii.gz,0,train\n,1,test\n");
    Report report = check(csv);
    String problems = report.problems().get("table.csv").toString();
    assertTrue(problems.contains("line 3, names"), problems);
    assertTrue(problems.contains("good/a.nii.gz twice"), problems);
    assertTrue(problems.contains("line 6"), problems);
    assertTrue(problems.contains("names the split of 1 of 2 images"), problems);
    assertTrue(report.notes().get("b.nii.gz").get(0).contains("has no row"), report.toString());
    assertFalse(report.notes().containsKey("a.nii.gz"));
  }

  @Test
  void splitsAndClassesOfMedMnistAreCounted() throws IOException {
    Report report = check(Blobs.medMnist(folder.resolve("m.npz")));
    assertTrue(report.problems().isEmpty(), report.toString());
    Map<String, Object> summary = report.summary();
    assertEquals(42, summary.get("readable"));
    assertEquals("8x8x8", summary.get("size"));
    long classes = 0;
    long train = 0;
    for (Map.Entry<String, Object> e : summary.entrySet()) {
      classes += e.getKey().startsWith("class ") ? (Long) e.getValue() : 0;
      train += e.getKey().startsWith("train class ") ? (Long) e.getValue() : 0;
    }
    assertEquals(42, classes);
    assertEquals(24, train);
    assertEquals(24L, summary.get("split train"));
    Path other = folder.resolve("other.npz");
    Files.write(other, new byte[30]);
    assertTrue(ClassificationCheck.isFor(other));
    assertThrows(DataException.class, () -> ClassificationCheck.of(other, Progress.NONE));
  }

  /** Where rows name their splits, classes are counted in each, also those with no image there. */
  @Test
  void splitsOfATableAreCounted() throws IOException {
    Path csv = folder.resolve("table.csv");
    Files.writeString(
        csv,
        "file,label,split\ngood/a.nii.gz,0,train\ngood/b.nii.gz,0,val\nbad/c.nii.gz,1,train\n");
    Map<String, Object> summary = check(csv).summary();
    assertEquals(1L, summary.get("train class 1"));
    assertEquals(0L, summary.get("val class 1"));
    assertFalse(summary.containsKey("test class 1"), summary.toString());
    assertFalse(check(folder).summary().containsKey("train class good"));
  }

  @Test
  void segmentationFoldersAreNotMeant() throws IOException {
    Files.createDirectories(folder.resolve("imagesTr"));
    assertFalse(ClassificationCheck.isFor(folder));
    assertFalse(ClassificationCheck.isFor(folder.resolve("missing.csv")));
    assertFalse(ClassificationCheck.isFor(folder.resolve("missing.npz")));
  }
}
