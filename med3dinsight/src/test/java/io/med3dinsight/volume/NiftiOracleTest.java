package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Reads small NIfTI files of every kind as nibabel does; oracle/volumes.py wrote them. */
class NiftiOracleTest {
  /** Affines are float32 in the file; nibabel computes quaternions in another order. */
  private static final double AFFINE = 1e-5;

  @TempDir Path folder;

  static Stream<Arguments> readable() throws IOException {
    return files(false);
  }

  static Stream<Arguments> unreadable() throws IOException {
    return files(true);
  }

  private static Stream<Arguments> files(boolean rejected) throws IOException {
    return JsonLines.read(NiftiOracleTest.class, "nifti.jsonl").stream()
        .filter(e -> e.has("rejected") == rejected)
        .map(e -> Arguments.of(e.get("name").asText(), e));
  }

  private Path file(JsonNode entry) throws IOException {
    byte[] bytes = Base64.getDecoder().decode(entry.get("bytes").asText());
    return Files.write(
        folder.resolve(entry.get("name").asText() + entry.get("suffix").asText()), bytes);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("readable")
  void readsWhatNibabelReads(String name, JsonNode entry) throws IOException {
    Volume volume = Volume.read(file(entry));
    assertEquals(entry.get("type").asText(), volume.storedType().name().toLowerCase(Locale.ROOT));
    check(volume, entry, "shape", "voxels", "affine");
    assertEquals(entry.get("axes").asText(), Orientation.of(volume.grid()).code());
    double[] spacing = JsonLines.doubles(entry.get("spacing"));
    for (int axis = 0; axis < 3; axis++) {
      assertEquals(spacing[axis], volume.grid().spacing().along(axis), 1e-6 * spacing[axis]);
    }
    Volume ras = Orientation.of(volume.grid()).toRas(volume);
    check(ras, entry, "rasShape", "rasVoxels", "rasAffine");
  }

  private static void check(
      Volume volume, JsonNode entry, String shape, String voxels, String affine) {
    Grid grid = volume.grid();
    int[] extents = {grid.width(), grid.height(), grid.depth()};
    assertArrayEquals(JsonLines.ints(entry.get(shape)), extents);
    assertArrayEquals(JsonLines.floats(entry.get(voxels)), volume.voxels());
    double apart = grid.affine().distance(Affine.of(JsonLines.doubles(entry.get(affine))));
    assertEquals(0, apart, AFFINE);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unreadable")
  void refusesWhatNibabelRefuses(String name, JsonNode entry) throws IOException {
    Path file = file(entry);
    Sentences.refused(() -> Volume.read(file), file.toString());
    Sentences.refused(() -> LabelVolume.read(file), file.toString());
  }

  /** Voxels that float32 cannot hold exactly, so that they are written otherwise. */
  private static boolean isRounded(String name) {
    return name.matches("([iu][48]|f8).e|gzip_be");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("readable")
  void whatIsWrittenReadsBackTheSame(String name, JsonNode entry) throws IOException {
    Volume volume = Volume.read(file(entry));
    for (String ending : new String[] {".nii", ".nii.gz"}) {
      Path copy = folder.resolve("copy" + ending);
      volume.write(copy);
      Volume again = Volume.read(copy);
      assertArrayEquals(volume.voxels(), again.voxels());
      double tolerance = 0;
      assertEquals(0, volume.grid().affine().distance(again.grid().affine()), tolerance);
      GridOrigin origin = again.grid().origin();
      int[] codes = JsonLines.ints(entry.get("codes"));
      assertArrayEquals(codes, new int[] {origin.sformCode(), origin.qformCode()});
      assertEquals(volume.grid().origin().units(), origin.units());
      assertEquals("oracle", origin.description());
      if (!name.startsWith("slope") && !isRounded(name)) {
        assertEquals(volume.storedType(), again.storedType());
      }
    }
  }

  /** Little-endian NIfTI-1 files whose header needs no mending and whose voxels no rounding. */
  static Stream<Arguments> kept() throws IOException {
    return files(false)
        .filter(a -> !isRounded((String) a.get()[0]))
        .filter(
            a ->
                !((String) a.get()[0]).matches("two.*|gzip.*|slope.*|shape.*|.*_(negative|zero).*"))
        .filter(a -> isLittleEndian((JsonNode) a.get()[1]));
  }

  private static boolean isLittleEndian(JsonNode entry) {
    return Base64.getDecoder().decode(entry.get("bytes").asText())[0] == 92;
  }

  /** A file without scaling comes back byte for byte; only fields that mean nothing here differ. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kept")
  void headerBytesAreKept(String name, JsonNode entry) throws IOException {
    Path file = file(entry);
    byte[] original = Files.readAllBytes(file);
    Path copy = folder.resolve("copy.nii");
    Volume.read(file).write(copy);
    byte[] written = Files.readAllBytes(copy);
    // Fields of nifti1.h: dim, datatype and bitpix, pixdim, units, description, forms, magic.
    int[][] fields = {{40, 56}, {70, 74}, {76, 92}, {123, 124}, {148, 228}, {252, 328}, {344, 348}};
    for (int[] field : fields) {
      assertArrayEquals(
          Arrays.copyOfRange(original, field[0], field[1]),
          Arrays.copyOfRange(written, field[0], field[1]),
          "bytes " + field[0] + " to " + field[1]);
    }
    int offset = (int) ByteBuffer.wrap(original).order(ByteOrder.LITTLE_ENDIAN).getFloat(108);
    int voxels = written.length - 352;
    assertArrayEquals(
        Arrays.copyOfRange(original, offset, offset + voxels),
        Arrays.copyOfRange(written, 352, written.length));
  }

  @Test
  void writesTheSameBytesAsNibabel() throws IOException {
    JsonNode entry = JsonLines.read(NiftiOracleTest.class, "written.json").get(0);
    Grid grid = Grid.of(2, 3, 4, Affine.of(JsonLines.doubles(entry.get("affine"))));
    Path file = folder.resolve("image.nii");
    Volume.of(grid, JsonLines.floats(entry.get("voxels"))).write(file);
    byte[] expected = Base64.getDecoder().decode(entry.get("bytes").asText());
    assertArrayEquals(expected, Files.readAllBytes(file));
  }
}
