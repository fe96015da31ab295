package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvenanceTest {
  @TempDir Path folder;

  @Test
  void readsBackWhatItWrote() throws IOException {
    Path input = Files.writeString(folder.resolve("abc.txt"), "abc");
    Provenance p = Provenance.start(2, 7, List.of("train", "--seed", "7"), List.of(input)).finish();
    p.write(folder);
    assertEquals(p, Provenance.read(folder));
    // FIPS 180-2, appendix B.1.
    assertEquals(
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        p.inputs().get(input.toString()));
    assertTrue(p.machine().memoryBytes() > 0);
    assertTrue(p.program().libraries().containsKey("picocli"));
    try (var files = Files.list(folder)) {
      assertEquals(2, files.count(), "only the input and " + Provenance.FILE);
    }
  }

  @Test
  void anInputThatIsNotThereIsNamed() {
    Path none = folder.resolve("none.nii");
    DataException e =
        assertThrows(DataException.class, () -> Provenance.start(1, 1, List.of(), List.of(none)));
    assertTrue(e.getMessage().contains(none.toString()), e.getMessage());
  }
}
