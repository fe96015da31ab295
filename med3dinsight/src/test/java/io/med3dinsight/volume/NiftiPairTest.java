package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Pairs, frames, units and extensions; oracle/volumes.py wrote the files that nibabel read. */
class NiftiPairTest {
  @TempDir Path folder;

  static Stream<Arguments> pairs() throws IOException {
    return JsonLines.read(NiftiPairTest.class, "pairs.jsonl").stream()
        .map(e -> Arguments.of(e.get("name").asText(), e));
  }

  static Stream<Arguments> frames() throws IOException {
    return JsonLines.read(NiftiPairTest.class, "frames.jsonl").stream()
        .map(e -> Arguments.of(e.get("name").asText(), e));
  }

  private static final class Collected extends VoxelSink {
    private double[] all = new double[0];

    @Override
    void put(double[] values, int count) {
      int at = all.length;
      all = Arrays.copyOf(all, at + count);
      System.arraycopy(values, 0, all, at, count);
    }
  }

  private static double[] voxels(Path file, int frame) {
    Collected sink = new Collected();
    VolumeReader.open(file, ReadOptions.none()).read(frame, sink);
    return sink.all;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pairs")
  void pairsAreReadByEitherName(String name, JsonNode entry) throws IOException {
    for (Map.Entry<String, JsonNode> f : entry.get("files").properties()) {
      byte[] bytes = Base64.getDecoder().decode(f.getValue().asText());
      Files.write(folder.resolve(f.getKey()), bytes);
    }
    for (Map.Entry<String, JsonNode> f : entry.get("files").properties()) {
      Path file = folder.resolve(f.getKey());
      ImageInfo info = VolumeReader.info(file, ReadOptions.none());
      assertEquals(JsonLines.longs(entry.get("shape")), info.shape());
      double[] zooms = JsonLines.doubles(entry.get("zooms"));
      assertArrayEquals(zooms, info.zooms().stream().mapToDouble(z -> z).toArray(), 1e-6);
      Affine affine = Affine.of(JsonLines.doubles(entry.get("affine")));
      assertEquals(0, info.affine().distance(affine), 1e-5);
      assertArrayEquals(JsonLines.doubles(entry.get("voxels")), voxels(file, StoredImage.ALL));
      Volume volume = Volume.read(file);
      Path copy = folder.resolve("copy.nii");
      volume.write(copy);
      assertArrayEquals(volume.voxels(), Volume.read(copy).voxels());
      assertEquals(0, Volume.read(copy).grid().affine().distance(volume.grid().affine()), 1e-5);
    }
  }

  @Test
  void aMatrixOfSpmIsNotOverlooked() throws IOException {
    JsonNode entry = JsonLines.read(NiftiPairTest.class, "pairs.jsonl").get(0);
    for (Map.Entry<String, JsonNode> f : entry.get("files").properties()) {
      byte[] bytes = Base64.getDecoder().decode(f.getValue().asText());
      Files.write(folder.resolve(f.getKey()), bytes);
    }
    Files.write(folder.resolve("x.mat"), new byte[10]);
    Sentences.refused(() -> Volume.read(folder.resolve("x.img")), "x.mat", "convert");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("frames")
  void everyFrameIsReadAlone(String name, JsonNode entry) throws IOException {
    Path file = folder.resolve("x.nii");
    Files.write(file, Base64.getDecoder().decode(entry.get("bytes").asText()));
    assertEquals(
        JsonLines.longs(entry.get("shape")), VolumeReader.info(file, ReadOptions.none()).shape());
    int n = entry.get("frames").size();
    for (int i = 0; i < n; i++) {
      double[] expected = JsonLines.doubles(entry.get("frames").get(i));
      assertArrayEquals(expected, voxels(file, i));
      Volume volume = VolumeReader.volume(file, ReadOptions.ofFrame(i));
      assertArrayEquals(JsonLines.floats(entry.get("frames").get(i)), volume.voxels());
    }
    Sentences.refused(() -> Volume.read(file), n + " frames", "--frame");
    Sentences.refused(
        () -> VolumeReader.volume(file, ReadOptions.ofFrame(n)), "there is no frame " + n);
  }

  private Path plain(String name) {
    Affine affine = Affine.of(-2, 0.1, 0, 5, 0, 3, 0.2, -7, 0.3, 0, 4, 11);
    float[] voxels = new float[24];
    for (int i = 0; i < 24; i++) {
      voxels[i] = i;
    }
    Path file = folder.resolve(name);
    Volume.of(Grid.of(2, 3, 4, affine), voxels).write(file);
    return file;
  }

  @ParameterizedTest
  @CsvSource({"1, 1000, m", "2, 1, mm", "3, 0.001, micron", "0, 1, unknown"})
  void lengthsAreInMillimetres(int code, double factor, String unit) throws IOException {
    Path file = plain("x.nii");
    Affine mm = Volume.read(file).grid().affine();
    byte[] bytes = Files.readAllBytes(file);
    bytes[123] = (byte) (code + 16);
    Files.write(file, bytes);
    Volume volume = Volume.read(file);
    ImageInfo info = VolumeReader.info(file, ReadOptions.none());
    assertEquals(0, info.affine().distance(mm.scaled(factor)), 1e-9 * factor);
    for (int axis = 0; axis < 3; axis++) {
      assertEquals(volume.grid().affine().spacing(axis), info.zooms().get(axis), 1e-5 * factor);
    }
    assertTrue(info.details().get("units").toString().startsWith(unit));
    Path copy = folder.resolve("copy.nii");
    volume.write(copy);
    assertArrayEquals(bytes, Files.readAllBytes(copy));
  }

  /** A text of 8 bytes behind sizes and codes in the file's byte order. */
  @Test
  void extensionsAreKept() throws IOException {
    byte[] plain = Files.readAllBytes(plain("x.nii"));
    ByteBuffer file = ByteBuffer.allocate(plain.length + 48).order(ByteOrder.LITTLE_ENDIAN);
    file.put(plain, 0, 348).putInt(1);
    file.putInt(16).putInt(6).put("comment1".getBytes("US-ASCII"));
    file.putInt(32).putInt(44).put(new byte[] {1, 2, 3}).put(new byte[21]);
    file.put(plain, 352, plain.length - 352).putFloat(108, 400);
    Path source = Files.write(folder.resolve("extended.nii"), file.array());
    assertEquals(2, VolumeReader.info(source, ReadOptions.none()).details().get("extensions"));
    Path copy = folder.resolve("copy.nii");
    Volume.read(source).write(copy);
    assertArrayEquals(file.array(), Files.readAllBytes(copy));
    Path labels = folder.resolve("labels.nii");
    LabelVolume.read(source).write(labels);
    assertEquals(2, VolumeReader.info(labels, ReadOptions.none()).details().get("extensions"));
    file.putInt(352, 20);
    Files.write(source, file.array());
    assertEquals(0, VolumeReader.info(source, ReadOptions.none()).details().get("extensions"));
  }

  @Test
  void theSecondVersionIsWrittenAsSuch() throws IOException {
    for (JsonNode entry : JsonLines.read(NiftiPairTest.class, "nifti.jsonl")) {
      if (entry.get("name").asText().startsWith("two_")) {
        Path file = folder.resolve("x.nii");
        Files.write(file, Base64.getDecoder().decode(entry.get("bytes").asText()));
        Path copy = folder.resolve("copy.nii");
        Volume.read(file).write(copy);
        assertEquals("NIfTI-2", VolumeReader.info(copy, ReadOptions.none()).format());
        assertEquals(Volume.read(file).grid(), Volume.read(copy).grid());
      }
    }
  }
}
