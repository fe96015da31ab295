package io.med3dinsight.nn.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.engine.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path dir;

  private Path resource(String name) throws IOException {
    Path p = dir.resolve(name);
    try (InputStream in =
        getClass().getResourceAsStream("/io/med3dinsight/nn/safetensors/" + name)) {
      Files.copy(in, p);
    }
    return p;
  }

  private static int[] bits(float[] v) {
    int[] b = new int[v.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = Float.floatToRawIntBits(v[i]);
    }
    return b;
  }

  @Test
  void bfloat16IsReadBitForBit() throws IOException {
    try (SafetensorsFile f = SafetensorsFile.open(resource("raven_bf16_bit_exact.safetensors"))) {
      assertArrayEquals(
          new int[] {0, 0x00010000, 0x3f800000, 0x7f800000, 0x7fc10000},
          bits(f.floats("bf16_tensor")));
    }
  }

  @Test
  void float16IsReadBitForBit() throws IOException {
    try (SafetensorsFile f = SafetensorsFile.open(resource("raven_f16_bit_exact.safetensors"))) {
      assertArrayEquals(
          new int[] {0, Float.floatToRawIntBits(0x1p-24f), 0x3f800000, 0x7f800000, 0x7fc02000},
          bits(f.floats("f16_tensor")));
    }
  }

  @Test
  void everyFloat16EqualsItsDefinition() {
    for (int h = 0; h < 1 << 16; h++) {
      int exponent = h >> 10 & 31;
      int mantissa = h & 1023;
      float got = StoredType.half((short) h);
      if (exponent == 31 && mantissa != 0) {
        assertTrue(Float.isNaN(got));
      } else {
        double m =
            exponent == 31
                ? Double.POSITIVE_INFINITY
                : exponent == 0
                    ? mantissa * 0x1p-24
                    : (1 + mantissa / 1024.0) * Math.pow(2, exponent - 15);
        assertEquals(
            Float.floatToIntBits((float) (h >= 1 << 15 ? -m : m)), Float.floatToIntBits(got));
      }
    }
  }

  @Test
  void integersOfAnotherProjectAreRead() throws IOException {
    try (SafetensorsFile f = SafetensorsFile.open(resource("candle_jfk-codes.safetensors"))) {
      assertEquals(Shape.of(1, 2, 828), f.shape("codes"));
      long[] codes = f.longs("codes");
      assertEquals(1656, codes.length);
      assertTrue(Arrays.stream(codes).allMatch(c -> c >= 0 && c < 2048));
      assertTrue(Arrays.stream(codes).distinct().count() > 100);
      CheckpointException e = assertThrows(CheckpointException.class, () -> f.floats("codes"));
      assertTrue(e.getMessage().contains("'codes' as I64"), e.getMessage());
      assertThrows(CheckpointException.class, () -> f.longs("no such"));
    }
  }

  private static SafetensorsWriter sample() {
    return new SafetensorsWriter()
        .metadata("note", "ümlaut \"quoted\"")
        .tensor(
            "a.weight",
            Shape.of(2, 3),
            () -> new float[] {1, 2, 3, -0f, Float.NaN, Float.MIN_VALUE})
        .tensor("empty", Shape.of(0, 4), () -> new float[0])
        .tensor("scalar", Shape.of(), () -> new float[] {7});
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Path p = dir.resolve("x.safetensors");
    sample().write(p);
    try (SafetensorsFile f = SafetensorsFile.open(p)) {
      assertEquals("ümlaut \"quoted\"", f.metadata().get("note"));
      assertEquals(List.of("a.weight", "empty", "scalar"), List.copyOf(f.names()));
      assertEquals(Shape.of(2, 3), f.shape("a.weight"));
      assertArrayEquals(
          bits(new float[] {1, 2, 3, -0f, Float.NaN, Float.MIN_VALUE}), bits(f.floats("a.weight")));
      assertEquals(Shape.of(0, 4), f.shape("empty"));
      assertEquals(0, f.floats("empty").length);
      assertArrayEquals(new float[] {7}, f.floats("scalar"));
    }
  }

  @Test
  void tensorsLargerThanTheBufferAreWhole() {
    float[] big = new float[700_001];
    for (int i = 0; i < big.length; i++) {
      big[i] = i * 0.5f;
    }
    Path p = dir.resolve("big.safetensors");
    new SafetensorsWriter().tensor("big", Shape.of(big.length), () -> big).write(p);
    try (SafetensorsFile f = SafetensorsFile.open(p)) {
      assertArrayEquals(big, f.floats("big"));
    }
  }

  /** A failure half-way leaves the file that was there, and nothing else. */
  @Test
  void aFailedWriteLeavesThePreviousFile() throws IOException {
    Path p = dir.resolve("x.safetensors");
    sample().write(p);
    byte[] before = Files.readAllBytes(p);
    SafetensorsWriter failing =
        sample()
            .tensor(
                "late",
                Shape.of(3),
                () -> {
                  throw new UncheckedIOException(new IOException("device lost"));
                });
    assertThrows(UncheckedIOException.class, () -> failing.write(p));
    assertArrayEquals(before, Files.readAllBytes(p));
    try (Stream<Path> files = Files.list(dir)) {
      assertEquals(List.of(p), files.toList());
    }
  }

  /**
   * A process killed at any moment leaves at most a temporary file beside the previous checkpoint.
   */
  @Test
  void whileWritingThePathHoldsThePreviousFile() throws IOException {
    Path p = dir.resolve("x.safetensors");
    sample().write(p);
    byte[] before = Files.readAllBytes(p);
    boolean[] seen = new boolean[1];
    new SafetensorsWriter()
        .tensor("a", Shape.of(1 << 19), () -> new float[1 << 19])
        .tensor(
            "b",
            Shape.of(),
            () -> {
              try {
                seen[0] = Arrays.equals(before, Files.readAllBytes(p));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              return new float[1];
            })
        .write(p);
    assertTrue(seen[0]);
    assertFalse(Arrays.equals(before, Files.readAllBytes(p)));
  }

  @Test
  void whatAKilledProcessLeftIsOverwritten() throws IOException {
    Path p = dir.resolve("x.safetensors");
    Files.write(dir.resolve("x.safetensors.partial"), new byte[5_000]);
    sample().write(p);
    try (SafetensorsFile f = SafetensorsFile.open(p);
        Stream<Path> files = Files.list(dir)) {
      assertEquals(3, f.names().size());
      assertEquals(List.of(p), files.toList());
    }
  }

  @Test
  void aFileThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(dir.resolve("plain"), "x");
    CheckpointException e =
        assertThrows(
            CheckpointException.class, () -> sample().write(file.resolve("x.safetensors")));
    assertTrue(e.getMessage().startsWith("Checkpoint '" + file), e.getMessage());
  }

  @Test
  void everyTruncationIsRefusedNamingTheFile() throws IOException {
    Path p = dir.resolve("x.safetensors");
    sample().write(p);
    byte[] whole = Files.readAllBytes(p);
    for (int n = 0; n < whole.length; n++) {
      Files.write(p, Arrays.copyOf(whole, n));
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> SafetensorsFile.open(p));
      assertTrue(
          e.getMessage().startsWith("Checkpoint '" + p + "' is not a whole"), e.getMessage());
    }
    Files.write(p, Arrays.copyOf(whole, whole.length + 1));
    assertThrows(CheckpointException.class, () -> SafetensorsFile.open(p));
  }

  @Test
  void aMissingFileIsNamed() {
    CheckpointException e =
        assertThrows(
            CheckpointException.class, () -> SafetensorsFile.open(dir.resolve("no.safetensors")));
    assertTrue(
        e.getMessage().endsWith("no.safetensors' cannot be read: it does not exist."),
        e.getMessage());
  }

  private Path file(String header, int data) throws IOException {
    byte[] h = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer b = ByteBuffer.allocate(8 + h.length + data).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(h.length).put(h);
    return Files.write(dir.resolve("h.safetensors"), b.array());
  }

  @Test
  void hostileHeadersAreRefused() throws IOException {
    String[] headers = {
      "[]",
      "{",
      "{\"a\":1}",
      "{\"__metadata__\":{\"a\":1}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}",
      "{\"a\":{\"dtype\":\"F99\",\"shape\":[2],\"data_offsets\":[0,8]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000000000],\"data_offsets\":[0,4000000000000]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,18446744073709551624]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
      "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}",
    };
    for (String h : headers) {
      Path p = file(h, 8);
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> SafetensorsFile.open(p), h);
      assertTrue(e.getMessage().contains(p.toString()), e.getMessage());
    }
    byte[] huge = new byte[64];
    Arrays.fill(huge, 0, 8, (byte) 0xff);
    Path p = Files.write(dir.resolve("huge"), huge);
    assertThrows(CheckpointException.class, () -> SafetensorsFile.open(p));
  }

  /** 2,000 random changes of a good file: it opens, or is refused with the one exception. */
  @Test
  void mutatedFilesNeverEndInAnotherException() throws IOException {
    Path p = dir.resolve("x.safetensors");
    sample().write(p);
    byte[] good = Files.readAllBytes(p);
    int header = 8 + (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
    SplittableRandom r = new SplittableRandom(42);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bad = good.clone();
      for (int k = r.nextInt(4); k >= 0; k--) {
        byte[] likely = "0123456789-+.eE[]{},:\"\\ \0\n".getBytes(StandardCharsets.UTF_8);
        bad[r.nextInt(header)] =
            r.nextBoolean() ? (byte) r.nextInt(256) : likely[r.nextInt(likely.length)];
      }
      Files.write(p, bad);
      try (SafetensorsFile f = SafetensorsFile.open(p)) {
        for (String name : f.names()) {
          assertEquals(
              f.shape(name).size(),
              f.floating(name) ? f.floats(name).length : f.longs(name).length);
        }
      } catch (CheckpointException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000, refused + " refused");
  }
}
