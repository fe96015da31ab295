package io.med3dinsight.nn.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of torch.save, as PyTorch wrote them (oracle/torch_files.py), damaged and hostile ones. */
class TorchFileTest {
  /** Mutations per file; -Dmed3dinsight.fuzz=N asks for more. */
  private static final int MUTATIONS = Integer.getInteger("med3dinsight.fuzz", 400);

  @TempDir Path dir;

  private Path resource(String name) throws IOException {
    Path p = dir.resolve(name);
    try (InputStream in = getClass().getResourceAsStream("/io/med3dinsight/nn/torch/" + name)) {
      Files.copy(in, p);
    }
    return p;
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.pth", "protocol4.pt", "legacy.bin", "roundtrip.pth", "training.pth"})
  void readsWhatPyTorchWrote(String name) throws IOException {
    try (SafetensorsFile expected = SafetensorsFile.open(resource("expected.safetensors"));
        TensorSource f = Weights.open(resource(name))) {
      TreeSet<String> names = new TreeSet<>();
      for (String n : expected.names()) {
        if (n.startsWith(name + "/")) {
          names.add(n.substring(name.length() + 1));
        }
      }
      assertEquals(names, new TreeSet<>(f.names()));
      for (String n : names) {
        String stored = name + "/" + n;
        assertEquals(expected.shape(stored), f.shape(n), n);
        assertEquals(expected.floating(stored), f.floating(n), n);
        if (f.floating(n)) {
          assertArrayEquals(bits(expected.floats(stored)), bits(f.floats(n)), n);
        } else {
          assertArrayEquals(expected.longs(stored), f.longs(n), n);
        }
      }
    }
  }

  private static int[] bits(float[] v) {
    int[] b = new int[v.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = Float.floatToRawIntBits(v[i]);
    }
    return b;
  }

  @ParameterizedTest(name = "{0} names {1}")
  @CsvSource({
    "hostile.pth,posix.system",
    "hostile_legacy.pth,posix.system",
    "hostile_eval.pth,builtins.eval",
    "whole_module.pth,torch.nn.modules.linear.Linear"
  })
  void hostileFilesAreRefusedAndExecuteNothing(String name, String global) throws IOException {
    Path file = resource(name);
    CheckpointException e =
        assertThrows(CheckpointException.class, () -> Weights.open(file).close());
    assertTrue(e.getMessage().contains(global), e.getMessage());
    assertTrue(e.getMessage().contains(name), e.getMessage());
    assertFalse(Files.exists(Path.of("hostile-was-here")), "the file's command was executed");
    assertFalse(Files.exists(dir.resolve("hostile-was-here")), "the file's command was executed");
  }

  @Test
  void anIntegerIsNoWeight() throws IOException {
    try (TensorSource f = Weights.open(resource("zip.pth"))) {
      CheckpointException e = assertThrows(CheckpointException.class, () -> f.floats("int64"));
      assertTrue(e.getMessage().contains("I64"), e.getMessage());
      assertThrows(CheckpointException.class, () -> f.longs("float32"));
      assertThrows(CheckpointException.class, () -> f.shape("no such tensor"));
    }
  }

  /** A shape of 2^62 elements over a storage of one: refused by what is there, not allocated. */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "more elements,1,2000000000,0,1",
    "beyond by stride,3,2,1000000000000,4",
    "beyond by offset,1,1,1,1",
    "a storage larger than the file,1,1,0,1000000000000"
  })
  void impossibleTensorsAreRefused(String what, long offset, int extent, long stride, long storage)
      throws IOException {
    Path p = zip("x/data.pkl", pickle(offset, extent, stride, storage), "x/data/0", new byte[16]);
    CheckpointException e = assertThrows(CheckpointException.class, () -> TorchFile.open(p));
    assertTrue(
        e.getMessage().contains("elements") || e.getMessage().contains("beyond"), e.getMessage());
  }

  @Test
  void aPossibleTensorIsRead() throws IOException {
    Path p = zip("x/data.pkl", pickle(1, 2, 2, 4), "x/data/0", new byte[16]);
    try (TorchFile f = TorchFile.open(p)) {
      assertArrayEquals(new float[2], f.floats("w"));
    }
  }

  @Test
  void aStorageThatIsCutShortIsRefused() throws IOException {
    Path p = zip("x/data.pkl", pickle(0, 4, 1, 4), "x/data/0", new byte[15]);
    CheckpointException e = assertThrows(CheckpointException.class, () -> TorchFile.open(p));
    assertTrue(e.getMessage().contains("15 bytes instead of 16"), e.getMessage());
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path text = Files.writeString(dir.resolve("model.pth"), "These are no weights at all.");
    CheckpointException e = assertThrows(CheckpointException.class, () -> Weights.open(text));
    assertTrue(e.getMessage().contains("model.pth"), e.getMessage());
    Path empty = Files.createFile(dir.resolve("empty.pth"));
    assertThrows(CheckpointException.class, () -> Weights.open(empty));
    Path other = zip("readme.txt", new byte[3], "b", new byte[1]);
    e = assertThrows(CheckpointException.class, () -> Weights.open(other));
    assertTrue(e.getMessage().contains("data.pkl"), e.getMessage());
    e = assertThrows(CheckpointException.class, () -> Weights.open(dir.resolve("none.pth")));
    assertTrue(e.getMessage().contains("does not exist"), e.getMessage());
    Path folder = Files.createDirectory(dir.resolve("folder"));
    e = assertThrows(CheckpointException.class, () -> Weights.open(folder));
    assertTrue(e.getMessage().contains("pytorch_model.bin"), e.getMessage());
  }

  /** Whatever is changed, the file is read or refused with a sentence of its own. */
  @ParameterizedTest
  @ValueSource(strings = {"zip.pth", "legacy.bin", "training.pth", "protocol4.pt"})
  void mutatedFilesNeverEndInAnotherException(String name) throws IOException {
    byte[] good = Files.readAllBytes(resource(name));
    Path p = dir.resolve("mutated.pth");
    SplittableRandom r = new SplittableRandom(name.hashCode());
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bad = good.clone();
      for (int k = r.nextInt(4); k >= 0; k--) {
        bad[r.nextInt(bad.length)] =
            r.nextBoolean() ? (byte) r.nextInt(256) : good[r.nextInt(good.length)];
      }
      if (r.nextInt(8) == 0) {
        bad = java.util.Arrays.copyOf(bad, r.nextInt(bad.length));
      }
      Files.write(p, bad);
      try (TensorSource f = Weights.open(p)) {
        for (String n : f.names()) {
          int size = f.floating(n) ? f.floats(n).length : f.longs(n).length;
          assertEquals(f.shape(n).size(), size);
        }
      } catch (CheckpointException e) {
        refused++;
      }
    }
    assertTrue(refused > MUTATIONS / 10 && refused < MUTATIONS, refused + " refused");
  }

  // ---- files made here

  /** {@code {'w': _rebuild_tensor_v2(FloatStorage '0', offset, (extent,), (stride,), ...)}}. */
  private static byte[] pickle(long offset, long extent, long stride, long storage) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    raw(out, 0x80, 2, '}', 'X', 1, 0, 0, 0, 'w');
    text(out, "ctorch._utils\n_rebuild_tensor_v2\n(");
    raw(out, '(', 'X', 7, 0, 0, 0);
    text(out, "storage");
    text(out, "ctorch\nFloatStorage\n");
    raw(out, 'X', 1, 0, 0, 0, '0', 'X', 3, 0, 0, 0, 'c', 'p', 'u');
    whole(out, storage);
    raw(out, 't', 'Q');
    whole(out, offset);
    whole(out, extent);
    raw(out, 0x85);
    whole(out, stride);
    raw(out, 0x85, 0x89);
    text(out, "ccollections\nOrderedDict\n)RtRs.");
    return out.toByteArray();
  }

  private static void raw(ByteArrayOutputStream out, int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
  }

  private static void text(ByteArrayOutputStream out, String s) {
    out.writeBytes(s.getBytes(StandardCharsets.US_ASCII));
  }

  private static void whole(ByteArrayOutputStream out, long n) {
    raw(out, 0x8a, 8);
    for (int i = 0; i < 8; i++) {
      out.write((int) (n >>> 8 * i));
    }
  }

  private Path zip(String first, byte[] one, String second, byte[] two) throws IOException {
    Path p = Files.createTempFile(dir, "made", ".pth");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(p))) {
      out.setMethod(ZipOutputStream.STORED);
      put(out, first, one);
      put(out, second, two);
    }
    return p;
  }

  private static void put(ZipOutputStream out, String name, byte[] bytes) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ZipEntry e = new ZipEntry(name);
    e.setSize(bytes.length);
    e.setCrc(crc.getValue());
    out.putNextEntry(e);
    out.write(bytes);
  }
}
