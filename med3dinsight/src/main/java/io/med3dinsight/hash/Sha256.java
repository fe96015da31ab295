package io.med3dinsight.hash;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, fed part by part or at once. One that has given its hash begins anew. */
public final class Sha256 {
  private static final int CHUNK = 1 << 14;
  private static final int SHORT = 16;

  private final MessageDigest digest;

  public Sha256() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Hash of bytes, in hexadecimal digits. */
  public static String hex(byte[] bytes) {
    return new Sha256().add(bytes).hex();
  }

  /** Hash of a file's bytes, in hexadecimal digits, as {@code sha256sum} prints it. */
  public static String hex(Path file) throws IOException {
    return new Sha256().add(file).hex();
  }

  /** Goes on with bytes. */
  public Sha256 add(byte[] bytes) {
    digest.update(bytes);
    return this;
  }

  /** Goes on with a number's four bytes, highest first. */
  public Sha256 add(int number) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(number).flip());
    return this;
  }

  /** Goes on with the UTF-8 bytes of a text. */
  public Sha256 add(String text) {
    return add(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Goes on with numbers of four bytes each, in the order given. */
  public Sha256 add(float[] numbers, ByteOrder order) {
    ByteBuffer bytes = ByteBuffer.allocate(CHUNK).order(order);
    int most = CHUNK / Float.BYTES;
    for (int from = 0; from < numbers.length; from += most) {
      int count = Math.min(most, numbers.length - from);
      bytes.asFloatBuffer().put(numbers, from, count);
      digest.update(bytes.array(), 0, count * Float.BYTES);
    }
    return this;
  }

  /** Goes on with a file's bytes; few are in memory at a time. */
  public Sha256 add(Path file) throws IOException {
    byte[] bytes = new byte[CHUNK];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        digest.update(bytes, 0, count);
      }
    }
    return this;
  }

  /** The hash of what was added. */
  public byte[] bytes() {
    return digest.digest();
  }

  /** The hash of what was added, in 64 hexadecimal digits. */
  public String hex() {
    return HexFormat.of().formatHex(bytes());
  }

  /** The first 16 of a hash's digits, for names and for lines that people read. */
  public static String shortened(String hex) {
    return hex.substring(0, SHORT);
  }
}
