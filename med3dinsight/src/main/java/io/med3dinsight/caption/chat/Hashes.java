package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.caption.chat.PromptTemplates.Prompt;
import io.med3dinsight.slice.SlicePicture;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of pictures, prompts and both: what says that an answer was paid for already. */
final class Hashes {
  /** Digits in lines that people read. */
  private static final int SHORT = 16;

  private Hashes() {}

  static String of(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        // With its length, so that no two lists of parts have the same bytes.
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).flip());
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Plain SHA-256 of a file's bytes, as {@code sha256sum} prints it. */
  static String ofFile(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Of the pixels, whatever a PNG encoder makes of them. */
  static String pixels(SlicePicture p) {
    return of(bytes(p.width() + "x" + p.height()), p.grey());
  }

  /** Of what is asked, with everything that changes the answer but model and picture. */
  static String prompt(Prompt prompt, RequestOptions options) {
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    options.into(fields);
    return of(bytes(prompt.system()), bytes(prompt.user()), bytes(fields.toString()));
  }

  /** Of pixels, prompt and model. */
  static String key(String pixels, String prompt, String model) {
    return of(bytes(pixels), bytes(prompt), bytes(model));
  }

  static String shortened(String hash) {
    return hash.substring(0, SHORT);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
