package io.med3dinsight.dataset;

import static io.med3dinsight.volume.Sentences.refused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleDataTest {
  @TempDir Path folder;

  @Test
  void has24CasesThatLoad() throws IOException {
    Path target = folder.resolve("sub").resolve("sample");
    MsdDataset data = SampleData.extract(target);
    assertEquals(24, data.training().size());
    assertEquals(3, data.classes());
    assertEquals("MRI", data.modality());
    assertTrue(Files.readString(target.resolve("ATTRIBUTION.md")).contains("CC-BY-SA 4.0"));
    Split split = Split.of(data, 0.5, 1);
    assertEquals(18, split.train().size());
    assertEquals(6, split.test().size());
    for (Case c : data.training()) {
      LabelledScan scan = data.load(c);
      assertEquals(List.of(0, 1, 2), List.copyOf(scan.labels().values()), c.id());
    }
    try (Stream<Path> entries = Files.list(target.getParent())) {
      assertEquals(List.of(target), entries.toList());
    }
  }

  @Test
  void whatAKilledProcessLeftIsNotInTheWay() throws IOException {
    long pid = ProcessHandle.current().pid();
    Files.createDirectory(folder.resolve(".sample." + pid + ".tmp"));
    assertEquals(24, SampleData.extract(folder.resolve("sample")).training().size());
  }

  @Test
  void isUnpackedOnceAndOverNothingElse() throws IOException {
    Path target = folder.resolve("sample");
    Files.createDirectory(target);
    SampleData.extract(target);
    Path note = Files.writeString(target.resolve("note.txt"), "mine");
    SampleData.extract(target);
    assertTrue(Files.exists(note));
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.writeString(other.resolve("thesis.txt"), "do not touch");
    refused(() -> SampleData.extract(other), other.toString(), "in use");
    assertFalse(Files.exists(other.resolve("dataset.json")));
    Path file = other.resolve("thesis.txt");
    refused(() -> SampleData.extract(file), file.toString(), "in use");
    refused(() -> SampleData.extract(file.resolve("x")), file.toString(), "unpacked");
  }
}
