package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.fuzz.Packing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Arrays of NumPy files. */
class NumpyTest {
  @TempDir Path folder;

  /** A .npy file of 16 bit numbers that count from 0. */
  static byte[] array(boolean fortran, String shape, int count) {
    String header =
        "{'descr': '<i2', 'fortran_order': "
            + (fortran ? "True" : "False")
            + ", 'shape': ("
            + shape
            + "), }\n";
    ByteBuffer b =
        ByteBuffer.allocate(10 + header.length() + 2 * count).order(ByteOrder.LITTLE_ENDIAN);
    b.put(NpyHeader.MAGIC.getBytes(StandardCharsets.ISO_8859_1)).put((byte) 1).put((byte) 0);
    b.putShort((short) header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < count; i++) {
      b.putShort((short) i);
    }
    return b.array();
  }

  @Test
  void axesAreTheArrays() throws IOException {
    Path c = Files.write(folder.resolve("c.npy"), array(false, "2, 3, 4", 24));
    Volume volume = Volume.read(c);
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 3; j++) {
        for (int k = 0; k < 4; k++) {
          assertEquals((i * 3 + j) * 4 + k, volume.at(k, j, i));
        }
      }
    }
    Path f = Files.write(folder.resolve("f.npy"), array(true, "2, 3, 4", 24));
    assertEquals(23, Volume.read(f).at(3, 2, 1));
    assertEquals(1, Volume.read(f).at(0, 0, 1));
    Path frames = Files.write(folder.resolve("x.npy"), array(false, "2, 1, 2, 3", 12));
    Volume second = VolumeReader.volume(frames, ReadOptions.ofFrame(1));
    assertArrayEquals(new float[] {1, 7, 4, 10}, second.voxels());
  }

  @Test
  void oneOfSeveralArraysIsChosen() throws IOException {
    Map<String, byte[]> entries =
        Map.of("a.npy", array(false, "2, 2, 2", 8), "b.npy", array(false, "2, 2, 3", 12));
    Path file = Files.write(folder.resolve("x.npz"), Packing.zip(entries));
    Sentences.refused(() -> Volume.read(file), "2 arrays", "--array");
    ReadOptions b = ReadOptions.ofArray("b");
    assertEquals(List.of(2L, 2L, 3L), VolumeReader.info(file, b).shape());
    Sentences.refused(() -> VolumeReader.volume(file, ReadOptions.ofArray("c")), "no array c");
    assertArrayEquals(new float[] {3, 4}, NpzFile.open(file).floats("a", 3, 2));
  }

  @Test
  void claimsAreHeldAgainstTheFile() throws IOException {
    Path file = Files.write(folder.resolve("x.npy"), array(false, "2000, 2000, 2000", 8));
    Sentences.refused(() -> Volume.read(file), "2000x2000x2000", "damaged");
  }

  @Test
  void aRealScanIsRead() {
    Path scan = SharedData.find("brain_t1_npz/test_scan.npz");
    assumeTrue(scan != null, "the scan is not in this checkout");
    ReadOptions vol = ReadOptions.ofArray("vol");
    assertEquals(List.of(160L, 192L, 224L), VolumeReader.info(scan, vol).shape());
    LabelVolume labels = VolumeReader.labels(scan, ReadOptions.ofArray("seg"));
    assertEquals(160, labels.grid().width());
    assertEquals(0, labels.at(0, 0, 0));
  }

  static Stream<Arguments> arrays() throws IOException {
    return JsonLines.read(NumpyTest.class, "arrays.jsonl").stream()
        .map(e -> Arguments.of(e.get("name").asText() + ":" + e.get("array").asText(), e));
  }

  /** Every NumPy file at hand as numpy reads it. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("arrays")
  void agreesWithNumpy(String name, JsonNode entry) throws Exception {
    Path file = SharedData.find(entry.get("name").asText());
    assumeTrue(file != null, name + " is not in this checkout");
    StoredImage image = VolumeReader.open(file, ReadOptions.ofArray(entry.get("array").asText()));
    List<Long> shape = JsonLines.longs(entry.get("shape"));
    assertEquals(shape, image.info().shape().subList(0, shape.size()));
    assertTrue(image.info().shape().stream().skip(shape.size()).allMatch(n -> n == 1));
    assertEquals(entry.get("type").asText(), image.info().dtype().name().toLowerCase(Locale.ROOT));
    HashSink hash = new HashSink();
    image.read(StoredImage.ALL, hash);
    assertEquals(entry.get("sha256").asText(), hash.hex());
  }
}
