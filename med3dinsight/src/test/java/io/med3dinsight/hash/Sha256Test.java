package io.med3dinsight.hash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {
  /** The one-block message of FIPS 180-2, appendix B.1. */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  @TempDir private Path folder;

  @Test
  void publishedHashes() {
    assertEquals(ABC, Sha256.hex("abc".getBytes(StandardCharsets.US_ASCII)));
    assertEquals(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", new Sha256().hex());
    assertEquals("ba7816bf8f01cfea", Sha256.shortened(ABC));
    assertArrayEquals(HexFormat.of().parseHex(ABC), new Sha256().add("abc").bytes());
  }

  @Test
  void partsGiveWhatTheWholeGives() {
    Sha256 hash = new Sha256().add("a").add(new byte[] {'b'}).add("c");
    assertEquals(ABC, hash.hex());
    assertEquals(ABC, hash.add("abc").hex(), "it begins anew");
    assertEquals(
        Sha256.hex(new byte[] {1, 2, 3, 4, (byte) 0xC3, (byte) 0xBC}),
        new Sha256().add(0x01020304).add("\u00fc").hex());
  }

  /** More numbers than go into memory at a time, and not a whole number of such parts. */
  @Test
  void numbersInEitherOrder() throws Exception {
    float[] numbers = new float[10_001];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i / 7f - 3;
    }
    for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(order);
      bytes.asFloatBuffer().put(numbers);
      assertArrayEquals(
          MessageDigest.getInstance("SHA-256").digest(bytes.array()),
          new Sha256().add(numbers, order).bytes());
    }
  }

  @Test
  void filesAreReadInParts() throws IOException {
    byte[] bytes = new byte[100_003];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    Path file = Files.write(folder.resolve("bytes"), bytes);
    assertEquals(Sha256.hex(bytes), Sha256.hex(file));
    assertThrows(NoSuchFileException.class, () -> Sha256.hex(folder.resolve("missing")));
  }
}
