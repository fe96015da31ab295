package io.med3dinsight.volume;

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
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Pixels agree with pydicom and GDCM, and a series with dcm2niix; oracle/dicom.py asked them. */
class DicomConformanceTest {
  @TempDir Path folder;

  static Stream<Arguments> files() throws IOException {
    return JsonLines.read(DicomConformanceTest.class, "dicom.jsonl").stream()
        .map(e -> Arguments.of(e.get("name").asText(), e));
  }

  private Path file(JsonNode entry) throws IOException {
    String name = entry.get("name").asText();
    Path copy = folder.resolve(Path.of(name).getFileName().toString());
    if (entry.has("bytes")) {
      return Files.write(copy, Base64.getDecoder().decode(entry.get("bytes").asText()));
    }
    try (InputStream in = DicomConformanceTest.class.getResourceAsStream(name)) {
      Files.copy(in, copy);
    }
    return copy;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void pixelsAgree(String name, JsonNode entry) throws Exception {
    Path file = file(entry);
    if (entry.has("rejected")) {
      Sentences.refused(() -> Volume.read(file), file.toString());
      return;
    }
    StoredImage image = VolumeReader.open(file, ReadOptions.none());
    List<Long> shape = List.of(entry.get("columns").asLong(), entry.get("rows").asLong(), 1L);
    assertEquals(shape, image.info().shape());
    if (entry.has("pixels")) {
      byte[] bytes = Base64.getDecoder().decode(entry.get("pixels").asText());
      ByteBuffer expected = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      float[] voxels = Volume.read(file).voxels();
      for (int i = 0; i < voxels.length; i++) {
        // Decoders of the irreversible transform may round differently.
        assertEquals(expected.getDouble(8 * i), voxels[i], 1.0, "voxel " + i);
      }
      return;
    }
    HashSink hash = new HashSink();
    image.read(StoredImage.ALL, hash);
    assertEquals(entry.get("sum").asDouble(), sum(file), 0);
    assertEquals(entry.get("sha256").asText(), hash.hex());
  }

  private static double sum(Path file) {
    double sum = 0;
    for (float v : Volume.read(file).voxels()) {
      sum += v;
    }
    return sum;
  }

  /** One image in many transfer syntaxes is one image. */
  @Test
  void variantsOfAnImageAreEqual() throws IOException {
    Set<Integer> contents = new HashSet<>();
    Affine first = null;
    int count = 0;
    for (JsonNode entry : JsonLines.read(DicomConformanceTest.class, "dicom.jsonl")) {
      String name = entry.get("name").asText();
      if (name.contains("MR_small") && !name.contains("near") && !name.contains("lossy")) {
        Volume volume = Volume.read(file(entry));
        contents.add(java.util.Arrays.hashCode(volume.voxels()));
        count++;
        Affine affine = volume.grid().affine();
        if (entry.has("syntax")) {
          // GDCM writes another distance of slices.
          continue;
        }
        first = first == null ? affine : first;
        assertEquals(0, affine.distance(first), 1e-4, name);
      }
    }
    assertTrue(count >= 13, count + " variants");
    assertEquals(1, contents.size());
  }

  @Test
  void aSeriesEqualsItsNiftiTwin() throws Exception {
    Path series = SharedData.find("totalsegmentator/example_ct_dicom_j2k");
    assumeTrue(series != null, "the series is not in this checkout");
    JsonNode twin = JsonLines.read(DicomConformanceTest.class, "twin.json").get(0);
    StoredImage image = VolumeReader.open(series, ReadOptions.none());
    assertEquals(JsonLines.longs(twin.get("shape")), image.info().shape());
    Affine affine = Affine.of(JsonLines.doubles(twin.get("affine")));
    assertEquals(0, image.info().affine().distance(affine), 1e-6);
    assertEquals(VoxelType.INT16, image.info().dtype());
    HashSink hash = new HashSink();
    image.read(StoredImage.ALL, hash);
    assertEquals(twin.get("sha256").asText(), hash.hex());
    Path labels = SharedData.find("totalsegmentator/example_seg_dicom.nii.gz");
    assertTrue(image.grid().sameSpace(Volume.read(labels).grid(), 1e-6));
  }
}
