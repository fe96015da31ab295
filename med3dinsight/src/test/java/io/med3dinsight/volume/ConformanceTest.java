package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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
  /** Affines are float32 in the file; nibabel computes quaternions in another order. */
  private static final double TOLERANCE = 1e-4;

  @TempDir Path folder;

  static Stream<Arguments> files() throws IOException {
    return JsonLines.read(ConformanceTest.class, "conformance.jsonl").stream()
        .map(e -> Arguments.of(e.get("name").asText(), e));
  }

  private Path find(String name) throws IOException {
    boolean pair = name.matches(".*\\.hdr(\\.gz)?");
    try (InputStream in = ConformanceTest.class.getResourceAsStream(name)) {
      if (in != null && !pair) {
        Path copy = folder.resolve(Path.of(name).getFileName().toString());
        Files.copy(in, copy);
        return copy;
      }
    }
    return SharedData.find(name);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void agreesWithNibabel(String name, JsonNode entry) throws Exception {
    Path file = find(name);
    assumeTrue(file != null, name + " is not in this checkout");
    if (entry.has("rejected")) {
      String named = file.toString().replaceFirst("hdr(\\.gz)?$", "");
      Sentences.refused(() -> VolumeReader.statistics(file, ReadOptions.none()), named);
      return;
    }
    StoredImage image = VolumeReader.open(file, ReadOptions.none());
    ImageInfo info = image.info();
    assertEquals(JsonLines.longs(entry.get("shape")), info.shape());
    double[] zooms = JsonLines.doubles(entry.get("zooms"));
    assertEquals(zooms.length, info.zooms().size());
    for (int i = 0; i < zooms.length; i++) {
      assertEquals((float) zooms[i], info.zooms().get(i).floatValue());
    }
    assertEquals(
        0, info.affine().distance(Affine.of(JsonLines.doubles(entry.get("affine")))), TOLERANCE);
    assertEquals(entry.get("type").asText(), info.dtype().name().toLowerCase(Locale.ROOT));
    assertEquals(entry.get("axes").asText(), info.axes());
    assertEquals(entry.get("extensions").asInt(), info.details().getOrDefault("extensions", 0));
    HashSink hash = new HashSink();
    image.read(StoredImage.ALL, hash);
    assertEquals(entry.get("sha256").asText(), hash.hex());
    Statistics statistics = VolumeReader.statistics(file, ReadOptions.none());
    assertEquals(entry.get("min").asDouble(), statistics.min());
    assertEquals(entry.get("max").asDouble(), statistics.max());
    double mean = entry.get("mean").asDouble();
    assertEquals(mean, statistics.mean(), 1e-9 * Math.max(1, Math.abs(mean)));
    if (entry.has("rasSha256")) {
      checkRas(Volume.read(file), entry);
    }
  }

  private static void checkRas(Volume stored, JsonNode entry) throws GeneralSecurityException {
    Volume volume = Orientation.of(stored.grid()).toRas(stored);
    double[] affine = JsonLines.doubles(entry.get("rasAffine"));
    assertEquals(0, volume.grid().affine().distance(Affine.of(affine)), TOLERANCE);
    ByteBuffer bytes = ByteBuffer.allocate(4 * volume.grid().size()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(volume.voxels());
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.array());
    assertEquals(entry.get("rasSha256").asText(), HexFormat.of().formatHex(hash));
  }

  /** What is written lies and looks exactly as what was read. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void roundTripIsExact(String name, JsonNode entry) throws Exception {
    Path file = find(name);
    assumeTrue(file != null && !entry.has("rejected"), name + " is not here, or no image");
    long frames = VolumeReader.info(file, ReadOptions.none()).frames();
    ReadOptions last = frames > 1 ? ReadOptions.ofFrame((int) frames - 1) : ReadOptions.none();
    Volume volume = VolumeReader.volume(file, last);
    Path copy = folder.resolve("copy.nii");
    volume.write(copy);
    Volume again = Volume.read(copy);
    assertArrayEquals(volume.voxels(), again.voxels());
    assertEquals(volume.grid(), again.grid());
  }

  /** No file is left out because nobody listed it. */
  @Test
  void everyFileAtHandIsCovered() throws IOException {
    Set<String> known = new HashSet<>();
    for (String fixture : List.of("conformance.jsonl", "dicom.jsonl")) {
      for (JsonNode e : JsonLines.read(ConformanceTest.class, fixture)) {
        known.add(e.get("name").asText());
      }
    }
    Path data = SharedData.find("conformance");
    assumeTrue(data != null, "shared/data is not in this checkout");
    List<String> missing = new ArrayList<>();
    int found = 0;
    for (String part : List.of("conformance", "spinalcord", "spleen2", "sts", "totalsegmentator")) {
      try (Stream<Path> files = Files.walk(data.resolveSibling(part))) {
        for (Path file : (Iterable<Path>) files::iterator) {
          String name = data.getParent().relativize(file).toString().replace('\\', '/');
          // A series is one image, which DicomConformanceTest compares with its twin.
          if (name.matches(".*\\.(nii|hdr|dcm)(\\.gz)?") && !name.contains("dicom_j2k/")) {
            found++;
            if (!known.contains(name)) {
              missing.add(name);
            }
          }
        }
      }
    }
    assertEquals(List.of(), missing);
    assertTrue(found >= 98, found + " files");
  }
}
