package io.med3dinsight.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.med3dinsight.fuzz.Packing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** NRRD by its definition: every encoding gives the same image. */
class NrrdTest {
  private static final String HEAD =
      "NRRD0005\n# made for this test\ntype: %s\ndimension: 3\nsizes: 3 2 2\n"
          + "space: left-posterior-superior\nspace directions: (0.5,0,0) (0,0,2) (0,-3,0)\n"
          + "space origin: (10,20,30)\nkey:=value\n";
  private static final Affine RAS = Affine.of(-0.5, 0, 0, -10, 0, 0, 3, -20, 0, 2, 0, 30);

  @TempDir Path folder;

  private Path file(String name, String header, byte[] data) throws IOException {
    byte[] head = header.getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = Arrays.copyOf(head, head.length + data.length);
    System.arraycopy(data, 0, all, head.length, data.length);
    return Files.write(folder.resolve(name), all);
  }

  private static byte[] shorts(ByteOrder order) {
    ByteBuffer b = ByteBuffer.allocate(24).order(order);
    for (int i = 0; i < 12; i++) {
      b.putShort((short) (i - 5));
    }
    return b.array();
  }

  private static void check(Path file) {
    Volume volume = Volume.read(file);
    float[] expected = new float[12];
    for (int i = 0; i < 12; i++) {
      expected[i] = i - 5;
    }
    assertArrayEquals(expected, volume.voxels());
    assertEquals(List.of(3L, 2L, 2L), VolumeReader.info(file, ReadOptions.none()).shape());
    assertEquals(0, volume.grid().affine().distance(RAS), 1e-12);
    assertEquals(VoxelType.INT16, volume.storedType());
  }

  @Test
  void everyEncoding() throws IOException {
    String head = String.format(HEAD, "short");
    byte[] little = shorts(ByteOrder.LITTLE_ENDIAN);
    check(file("raw.nrrd", head + "endian: little\nencoding: raw\n\n", little));
    check(file("big.nrrd", head + "endian: big\nencoding: raw\n\n", shorts(ByteOrder.BIG_ENDIAN)));
    check(file("gz.nrrd", head + "endian: little\nencoding: gzip\n\n", Packing.gzip(little)));
    byte[] text = "-5 -4\t-3 -2 -1 0\r\n1,2, 3 4 5 6\n".getBytes(StandardCharsets.US_ASCII);
    check(file("text.nrrd", head + "encoding: ascii\n\n", text));
    Files.write(folder.resolve("x.raw"), little);
    Files.write(folder.resolve("x.raw.gz"), Packing.gzip(little));
    String detached = head + "endian: little\nencoding: raw\ndata file: x.raw\n";
    check(file("detached.nhdr", detached, new byte[0]));
    String zipped = head + "endian: little\nencoding: gz\ndatafile: x.raw.gz\n\n";
    check(file("zipped.nhdr", zipped, new byte[0]));
    byte[] padded = new byte[30];
    System.arraycopy(little, 0, padded, 6, 24);
    check(file("skip.nrrd", head + "endian: little\nencoding: raw\nbyte skip: 6\n\n", padded));
    check(file("end.nrrd", head + "endian: little\nencoding: raw\nbyte skip: -1\n\n", padded));
  }

  @ParameterizedTest
  @CsvSource({
    "right-anterior-superior, 0.5, 10, -3, 20",
    "LAS, -0.5, -10, -3, 20",
    "left-posterior-superior, -0.5, -10, 3, -20",
    "scanner-xyz, 0.5, 10, -3, 20"
  })
  void spacesBecomeRas(String space, double x, double x0, double y, double y0) throws IOException {
    String head = String.format(HEAD, "short").replace("left-posterior-superior", space);
    byte[] data = shorts(ByteOrder.LITTLE_ENDIAN);
    Path path = file("x.nrrd", head + "endian: little\nencoding: raw\n\n", data);
    Affine expected = Affine.of(x, 0, 0, x0, 0, 0, y, y0, 0, 2, 0, 30);
    assertEquals(0, Volume.read(path).grid().affine().distance(expected), 1e-12);
  }

  @Test
  void valuesOfAVoxelAreFrames() throws IOException {
    String head =
        "NRRD0004\ntype: uchar\ndimension: 4\nsizes: 2 3 1 2\nspace: RAS\n"
            + "space directions: none (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n"
            + "encoding: raw\n\n";
    byte[] data = {0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15};
    Path path = file("x.nrrd", head, data);
    assertEquals(List.of(3L, 1L, 2L, 2L), VolumeReader.info(path, ReadOptions.none()).shape());
    float[] second = VolumeReader.volume(path, ReadOptions.ofFrame(1)).voxels();
    assertArrayEquals(new float[] {10, 11, 12, 13, 14, 15}, second);
    String last =
        head.replace("2 3 1 2", "3 1 2 2")
            .replace("none (1,0,0) (0,1,0) (0,0,1)", "(1,0,0) (0,1,0) (0,0,1) none");
    Path behind = file("y.nrrd", last, data);
    float[] frame = VolumeReader.volume(behind, ReadOptions.ofFrame(1)).voxels();
    assertArrayEquals(new float[] {3, 13, 4, 14, 5, 15}, frame);
    Sentences.refused(() -> Volume.read(path), "2 frames");
  }

  @Test
  void whatIsWrongIsSaid() throws IOException {
    String head = String.format(HEAD, "short");
    byte[] data = shorts(ByteOrder.LITTLE_ENDIAN);
    Path cut = file("cut.nrrd", head + "endian: little\nencoding: raw\n\n", new byte[10]);
    Sentences.refused(() -> Volume.read(cut), "cannot hold", "cut off");
    Path hex = file("hex.nrrd", head + "encoding: hex\n\n", data);
    Sentences.refused(() -> Volume.read(hex), "encoding is \"hex\"");
    Path order = file("order.nrrd", head + "encoding: raw\n\n", data);
    Sentences.refused(() -> Volume.read(order), "endian");
    Path list = file("list.nhdr", head + "encoding: ascii\ndata file: LIST\n", data);
    Sentences.refused(() -> Volume.read(list), "several files");
    Path type = file("type.nrrd", String.format(HEAD, "block") + "encoding: raw\n\n", data);
    Sentences.refused(() -> Volume.read(type), "type is \"block\"");
  }
}
