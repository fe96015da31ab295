package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.caption.chat.PromptTemplates.Prompt;
import io.med3dinsight.hash.Sha256;
import io.med3dinsight.slice.SlicePicture;
import java.nio.charset.StandardCharsets;

/** SHA-256 of pictures, prompts and both: what says that an answer was paid for already. */
final class Hashes {
  private Hashes() {}

  static String of(byte[]... parts) {
    Sha256 hash = new Sha256();
    for (byte[] part : parts) {
      // With its length, so that no two lists of parts have the same bytes.
      hash.add(part.length).add(part);
    }
    return hash.hex();
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

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
