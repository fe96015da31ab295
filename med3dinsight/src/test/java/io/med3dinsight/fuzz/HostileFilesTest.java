package io.med3dinsight.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.TensorSource;
import io.med3dinsight.nn.checkpoint.Weights;
import io.med3dinsight.volume.DicomFiles;
import io.med3dinsight.volume.ReadOptions;
import io.med3dinsight.volume.VolumeReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that were made to hurt: each is refused in one sentence, within its time and memory. */
@Timeout(20)
class HostileFilesTest {
  private static final int MEBI = 1 << 20;

  @TempDir Path folder;

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private String refused(
      Class<? extends RuntimeException> as, Path file, Consumer<Path> reader, String... words)
      throws IOException {
    Steps steps = new Steps();
    String message = assertThrows(as, () -> steps.step(() -> reader.accept(file))).getMessage();
    long bound = 4 * Files.size(file) + (64L << 20);
    assertTrue(
        steps.most() <= bound, "allocated " + steps.most() + " of " + bound + ": " + message);
    assertTrue(message.contains(file.toString()), message);
    assertTrue(message.matches("[\\x20-\\x7e]+\\."), message);
    for (String word : words) {
      assertTrue(message.contains(word), "\"" + word + "\" in: " + message);
    }
    return message;
  }

  private void image(Path file, String... words) throws IOException {
    refused(DataException.class, file, f -> VolumeReader.volume(f, ReadOptions.none()), words);
  }

  private void weights(Path file, String... words) throws IOException {
    refused(CheckpointException.class, file, f -> Weights.open(f).close(), words);
  }

  // ---- pictures

  private static byte[] slice(int frames, byte[] more) {
    return DicomFiles.slice("1.2.3", 1, 0, 0, 0)
        .text(0x00280008, "IS", frames + "")
        .value(0x00091001, "OB", more)
        .pixels(0, 1);
  }

  /** 60 MiB of zeros, whose zip has 60 kB. */
  @Test
  void aZipBombIsNotUnpacked() throws IOException {
    byte[] bomb = slice(1, new byte[60 * MEBI]);
    image(file("bomb.zip", Packing.zip(Map.of("a", bomb))), "unpack the zip");
  }

  /** Many entries, each of which is allowed by itself. */
  @Test
  void manySmallBombsAreOneBomb() throws IOException {
    byte[] bomb = slice(1, new byte[12 * MEBI]);
    Map<String, byte[]> entries = new LinkedHashMap<>();
    for (int i = 0; i < 12; i++) {
      entries.put("e" + i, bomb);
    }
    Path zip = file("bombs.zip", Packing.zip(entries));
    String message =
        assertThrows(DataException.class, () -> VolumeReader.info(zip, ReadOptions.none()))
            .getMessage();
    assertTrue(message.contains("200 times its size"), message);
  }

  /** Names of entries are only shown: nothing is written, and nothing but the zip is read. */
  @Test
  void namesInAZipLeadNowhere() throws IOException {
    byte[] good = slice(1, new byte[2]);
    Path outside = folder.resolveSibling("outside");
    for (String name :
        new String[] {"../outside", "/etc/outside", "..\\outside", "a\n\u001b[2Jb"}) {
      Path zip = file("x.zip", Packing.zip(Map.of(name, good)));
      assertEquals(3, VolumeReader.volume(zip, ReadOptions.none()).grid().width());
      byte[] cut = Arrays.copyOf(good, good.length - 5);
      image(file("y.zip", Packing.zip(Map.of(name, cut))), "cut off");
    }
    assertFalse(Files.exists(outside));
  }

  @Test
  void deflatedElementsAreCountedBeforeTheyAreKept() throws IOException {
    byte[] elements = slice(1, new byte[60 * MEBI]);
    byte[] gzip = Packing.gzip(out -> out.write(elements, 132, elements.length - 132));
    byte[] head = DicomFiles.file("1.2.840.10008.1.2.1.99").bytes();
    // Raw DEFLATE lies between gzip's header of 10 bytes and its check sum of 8.
    byte[] all =
        Damage.replaced(
            head, head.length, head.length, Arrays.copyOfRange(gzip, 10, gzip.length - 8));
    image(file("deflated.dcm", all), "unpacks to more than");
  }

  @ParameterizedTest
  @ValueSource(ints = {100_001, 999_999_999})
  void framesOfNoFileAreNotCounted(int frames) throws IOException {
    image(file("frames.dcm", slice(frames, new byte[2])), frames + " frames");
  }

  /** The product of both has more than 32 bits, and its sign looked as if nothing were needed. */
  @Test
  void sizesThatOverflowAreRefused() throws IOException {
    byte[] bytes =
        DicomFiles.slice("1.2.3", 1, 0, 0, 0)
            .text(0x00280008, "IS", "99999")
            .number(0x00280010, 65535)
            .number(0x00280011, 65535)
            .pixels(0, 1);
    image(file("large.dcm", bytes), "65535x65535");
  }

  @Test
  void nestedAndEndlessSequencesAreRefused() throws IOException {
    ByteArrayOutputStream deep = new ByteArrayOutputStream();
    ByteArrayOutputStream wide = new ByteArrayOutputStream();
    byte[] start = DicomFiles.file("1.2.840.10008.1.2.1").bytes();
    byte[] head = {0, 0x52, 0x30, (byte) 0x92, 'S', 'Q', 0, 0, -1, -1, -1, -1};
    deep.writeBytes(start);
    wide.writeBytes(start);
    wide.writeBytes(head);
    for (int i = 0; i < 300_000; i++) {
      deep.writeBytes(head);
      deep.writeBytes(new byte[] {-2, -1, 0, -32, -1, -1, -1, -1});
      wide.writeBytes(new byte[] {-2, -1, 0, -32, 0, 0, 0, 0});
    }
    image(file("deep.dcm", deep.toByteArray()), "nests");
    image(file("wide.dcm", wide.toByteArray()), "too many items");
  }

  /** Whatever a file says, the sentence about it stays one. */
  @Test
  void aSyntaxWithoutEndIsShownInPart() throws IOException {
    byte[] bytes = DicomFiles.file("0\\".repeat(4000)).format().pixels(0, 1);
    Path file = file("syntax.dcm", bytes);
    String message =
        refused(
            DataException.class,
            file,
            f -> VolumeReader.volume(f, ReadOptions.none()),
            "is compressed as");
    assertTrue(message.length() < 400 + file.toString().length(), message);
  }

  /** A stream of a few bytes that claims 256 million pixels. */
  @Test
  void aPictureOfNothingIsNotAllocated() throws IOException {
    byte[] jpegLs = {
      -1, -40, -1, -9, 0, 11, 16, 0x40, 0, 0x40, 0, 1, 1, 0x11, 0, -1, -38, 0, 8, 1, 1, 0, 0, 0, 0
    };
    byte[] bytes =
        DicomFiles.file("1.2.840.10008.1.2.4.80")
            .number(0x00280002, 1)
            .number(0x00280010, 16384)
            .number(0x00280011, 16384)
            .number(0x00280100, 16)
            .encapsulated(new byte[0], Arrays.copyOf(jpegLs, 4096))
            .bytes();
    image(file("empty.dcm", bytes), "cannot hold");
  }

  private static final String NRRD =
      "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 1 2 3\nencoding: raw\n";

  @ParameterizedTest
  @ValueSource(strings = {"/etc/passwd", "../secret", "a/../../secret", "."})
  void aHeaderDoesNotLeadToOtherFiles(String data) throws IOException {
    Files.writeString(folder.resolveSibling("secret"), "secret");
    image(
        file("x.nhdr", (NRRD + "data file: " + data + "\n").getBytes(StandardCharsets.US_ASCII)),
        "data file",
        "folder");
    Files.delete(folder.resolveSibling("secret"));
  }

  @Test
  void longFieldsOfAHeaderEndSoon() throws IOException {
    String sizes = NRRD.replace("1 2 3", "1 ".repeat(400_000) + "1");
    image(file("sizes.nrrd", (sizes + "\n").getBytes(StandardCharsets.US_ASCII)), "sizes");
    String spaces = NRRD + "space directions: (1,0,0)" + " ".repeat(900_000) + "none none\n\n";
    image(file("spaces.nrrd", spaces.getBytes(StandardCharsets.US_ASCII)), "spacedirections");
    String skip = NRRD.replace("raw", "gzip") + "byte skip: 99999999999999\n\n";
    byte[] zeros = Packing.gzip(new byte[MEBI]);
    byte[] head = skip.getBytes(StandardCharsets.US_ASCII);
    image(file("skip.nrrd", Damage.replaced(zeros, 0, 0, head)), "cannot hold");
  }

  private static byte[] npy(String descr, String shape, int bytes) {
    String header =
        "{'descr': " + descr + ", 'fortran_order': False, 'shape': (" + shape + "), }\n";
    String head = "\u0093NUMPY\u0001\u0000" + (char) header.length() + "\u0000" + header;
    return Damage.replaced(new byte[bytes], 0, 0, head.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Objects are pickles, which are never read; beside them an image is. */
  @Test
  void arraysOfObjectsAreNotUnpickled() throws IOException {
    byte[] objects = npy("'|O'", "2, 2, 2", 100);
    image(file("o.npy", objects), "NumPy type O");
    image(file("o.npz", Packing.zip(Map.of("a.npy", objects))), "NumPy type O");
    image(file("s.npy", npy("[('a', '<f4')]", "2, 2, 2", 64)), "structured");
    Path both =
        file("b.npz", Packing.zip(Map.of("a.npy", objects, "v.npy", npy("'|u1'", "2, 3, 4", 24))));
    assertEquals(24, VolumeReader.volume(both, ReadOptions.none()).grid().size());
  }

  /** A claim that only a packed file could fulfil: what is allocated follows what comes. */
  @Test
  void anArrayGrowsWithWhatComes() throws IOException {
    byte[] claim = npy("'|u1'", "300, 1000, 1000", 2 * MEBI);
    byte[] noise = new byte[claim.length - 200];
    new Random(1).nextBytes(noise);
    System.arraycopy(noise, 0, claim, 200, noise.length);
    image(file("claim.npz", Packing.zip(Map.of("v.npy", claim))), "cut off");
  }

  /** As many frames as voxels: each of them once took a pass over the file. */
  @Test
  void framesOfOneVoxelAreReadAtOnce() throws IOException {
    Path file = file("frames.npy", npy("'|u1'", "1, 1, 2, 500000", MEBI));
    assertEquals(1_000_000, VolumeReader.statistics(file, ReadOptions.none()).voxels());
  }

  /** One byte a voxel: an image takes four times its file and no more. */
  @Test
  void anImageOfBytesTakesFourTimesItsFile() throws IOException {
    byte[] bytes = npy("'|u1'", "400, 400, 400", 64_000_000);
    String text = new String(bytes, 0, 100, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("False");
    System.arraycopy("True ".getBytes(StandardCharsets.US_ASCII), 0, bytes, at, 5);
    Path file = file("large.npy", bytes);
    Steps steps = new Steps();
    steps.step(() -> VolumeReader.volume(file, ReadOptions.none()));
    assertTrue(steps.most() < 4L * bytes.length + MEBI, steps.most() + " bytes");
  }

  // ---- weights

  private Path pickle(String name, String... pieces) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, 2});
    for (String p : pieces) {
      out.writeBytes(p.getBytes(StandardCharsets.ISO_8859_1));
    }
    return file(
        name, Packing.stored(Map.of("x/data.pkl", out.toByteArray(), "x/data/0", new byte[16])));
  }

  private static final String TENSOR =
      "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\n"
          + "X\u0001\u0000\u0000\u00000X\u0003\u0000\u0000\u0000cpuK\u0004tQK\u0000";

  /** Two lists that hold each other, where numbers belong: their text has no end. */
  @Test
  void containersThatHoldThemselvesAreNotShown() throws IOException {
    String cycle = "]q\u0001]q\u0002h\u0001aa";
    weights(
        pickle("cycle.pth", TENSOR, "(", cycle, "t(K\u0001t\u0089N\u0074R."), "no whole numbers");
    String deep = "]".repeat(5000) + "a".repeat(4999);
    weights(pickle("deep.pth", TENSOR, "(", deep, "t(K\u0001t\u0089N\u0074R."), "no whole numbers");
  }

  /** Each step doubles: forty of them are a million million texts, if anybody looked. */
  @Test
  void doublingObjectsAreNotUnfolded() throws IOException {
    StringBuilder laughs = new StringBuilder("]q\u0000");
    for (int i = 1; i < 40; i++) {
      laughs.append("](h").append((char) (i - 1)).append('h').append((char) (i - 1)).append("eq");
      laughs.append((char) i);
    }
    weights(pickle("laughs.pth", laughs + "."), "no dict of tensors");
    weights(pickle("size.pth", TENSOR, "(", laughs + "", "t(K\u0001t\u0089N\u0074R."), "");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "}",
        "]",
        ")",
        "(",
        "N",
        "K\u0000",
        "}q\u0000",
        "X\u0001\u0000\u0000\u0000a",
        "(t",
        "]2"
      })
  void aFewBytesMakeNoManyObjects(String piece) throws IOException {
    weights(pickle("many.pth", piece.repeat(6 * MEBI / piece.length()), "."), "");
  }

  @Test
  void longNumbersAndNamesAreRefused() throws IOException {
    String number = "\u008b\u0000\u0000\u0010\u0000" + "\u0001".repeat(MEBI);
    weights(pickle("number.pth", "}", number, "Ns."), "whole number of 1048576 bytes");
    weights(pickle("name.pth", "c", "x".repeat(MEBI), "\nx\n."), "more than 256 letters");
    weights(pickle("line.pth", "cos\u001b[2J\nsystem\n)R."), "os?[2J.system");
  }

  /** A transposed matrix: every element lies in another megabyte than the one before. */
  @Test
  void viewsThatJumpAreReadInOnePass() throws IOException {
    int n = 1500;
    String tensor =
        TENSOR.replace("K\u0004tQ", "J" + little(n * n) + "tQ")
            + "M\u00dc\u0005M\u00dc\u0005\u0086K\u0001M\u00dc\u0005\u0086\u0089N\u0074R";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x80, 2});
    out.writeBytes(
        ("}X\u0001\u0000\u0000\u0000w" + tensor + "s.").getBytes(StandardCharsets.ISO_8859_1));
    byte[] data = new byte[4 * n * n];
    // Element (row 2, column 1) of the view is element (1, 2) of what is stored.
    Damage.put(data, 4 * (n + 2), 4, Float.floatToIntBits(7), false);
    Path path =
        file("t.pth", Packing.stored(Map.of("x/data.pkl", out.toByteArray(), "x/data/0", data)));
    Steps steps = new Steps();
    try (TensorSource f = Weights.open(path)) {
      float[][] values = new float[1][];
      steps.step(() -> values[0] = f.floats("w"));
      assertEquals(7, values[0][2 * n + 1]);
    }
    assertTrue(steps.most() <= 4L * data.length, steps.most() + "");
  }

  private static String little(int v) {
    byte[] b = new byte[4];
    Damage.put(b, 0, 4, v, false);
    return new String(b, StandardCharsets.ISO_8859_1);
  }

  private Path header(String name, String json) throws IOException {
    byte[] length = new byte[8];
    Damage.put(length, 0, 8, json.length(), false);
    return file(name, Damage.replaced(length, 8, 8, json.getBytes(StandardCharsets.ISO_8859_1)));
  }

  @Test
  void headersOfWeightsTakeNoManyTimesTheirBytes() throws IOException {
    weights(header("lists.safetensors", "{\"a\":[" + "[],".repeat(4 * MEBI) + "[]]}"), "'a'");
    weights(header("deep.safetensors", "{\"a\":{\"x\":" + "[".repeat(MEBI)), "JSON");
    String shape = "{\"a\":{\"dtype\":\"F32\",\"shape\":[" + "1,".repeat(MEBI) + "1]}}";
    weights(header("axes.safetensors", shape), "more than 16 axes");
    String name = "{\"a\\n" + "b".repeat(3000) + "\":{}}";
    assertTrue(
        refused(
                    CheckpointException.class,
                    header("n.safetensors", name),
                    f -> Weights.open(f).close())
                .length()
            < 500);
    weights(
        file(
            "x.index.json",
            ("{\"weight_map\":[" + "{},".repeat(MEBI) + "1]}").getBytes(StandardCharsets.US_ASCII)),
        "");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x.safetensors", "/etc/passwd", "a/../b", "..", "a\\\\nb", ""})
  void anIndexDoesNotLeadOutOfItsFolder(String name) throws IOException {
    String json = "{\"weight_map\": {\"a\": \"" + name + "\"}}";
    weights(
        file("model.safetensors.index.json", json.getBytes(StandardCharsets.US_ASCII)),
        "no file beside it");
  }
}
