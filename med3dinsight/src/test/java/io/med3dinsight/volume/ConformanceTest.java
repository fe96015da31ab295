package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files from the test suites of nibabel and NIFTI-Reader-JS and scans of many origins, read as
 * nibabel reads them. Small ones lie beside this test; the others are used where a folder
 * shared/data is found in a folder above this one.
 */
class ConformanceTest {
  @TempDir Path folder;

  static Stream<Arguments> files() throws IOException {
    return JsonLines.read(ConformanceTest.class, "conformance.jsonl").stream()
        .map(e -> Arguments.of(e.get("name").asText(), e));
  }

  private Path find(String name) throws IOException {
    try (InputStream in = ConformanceTest.class.getResourceAsStream(name)) {
      if (in != null) {
        Path copy = folder.resolve(Path.of(name).getFileName().toString());
        Files.copy(in, copy);
        return copy;
      }
    }
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      Path file = p.resolve("shared/data").resolve(name);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void agreesWithNibabel(String name, JsonNode entry) throws Exception {
    Path file = find(name);
    assumeTrue(file != null, name + " is not in this checkout");
    if (entry.has("rejected")) {
      Sentences.refused(() -> Volume.read(file), file.toString());
      return;
    }
    Volume volume = Volume.read(file);
    check(volume, entry, "shape", "voxels", "affine");
    assertEquals(entry.get("axes").asText(), Orientation.of(volume.grid()).code());
    check(Orientation.of(volume.grid()).toRas(volume), entry, "rasShape", "rasVoxels", "rasAffine");
  }

  private static void check(
      Volume volume, JsonNode entry, String shape, String voxels, String affine)
      throws GeneralSecurityException {
    Grid grid = volume.grid();
    int[] extents = {grid.width(), grid.height(), grid.depth()};
    assertArrayEquals(JsonLines.ints(entry.get(shape)), extents);
    double apart = grid.affine().distance(Affine.of(JsonLines.doubles(entry.get(affine))));
    assertEquals(0, apart, 1e-4);
    ByteBuffer bytes = ByteBuffer.allocate(4 * grid.size()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(volume.voxels());
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.array());
    assertEquals(entry.get(voxels).asText(), HexFormat.of().formatHex(hash));
  }
}
