package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.DataException;
import io.med3dinsight.volume.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Answers that were paid for, a file each under the hash of pixels, prompt and model. Any number of
 * runs may share a folder. There are no names of volumes in it.
 */
final class AnswerCache {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  AnswerCache(Path folder) {
    this.folder = folder;
  }

  private Path file(String key) {
    return folder.resolve(key.substring(0, 2)).resolve(key + ".json");
  }

  /**
   * The answer; null when there is none.
   *
   * @throws DataException when its file is damaged
   */
  ChatAnswer get(String key) {
    Path file = file(key);
    if (!Files.exists(file)) {
      return null;
    }
    try {
      JsonNode node = JSON.readTree(Files.readAllBytes(file));
      if (node != null && node.path("text").isTextual() && node.path("finish").isTextual()) {
        return new ChatAnswer(
            node.path("text").textValue(),
            node.path("finish").textValue(),
            count(node.path("promptTokens")),
            count(node.path("completionTokens")));
      }
      throw new DataException(file + " is no stored answer; delete it to ask again.");
    } catch (IOException e) {
      throw new DataException(file + " is damaged; delete it to ask again.", e);
    }
  }

  private static Integer count(JsonNode node) {
    return node.isInt() ? node.intValue() : null;
  }

  /** Keeps an answer; it is on the disk when this returns. */
  void put(String key, ChatAnswer answer, String model) {
    ObjectNode node = JSON.createObjectNode();
    node.put("model", model).put("text", answer.text()).put("finish", answer.finish());
    node.put("promptTokens", answer.promptTokens());
    node.put("completionTokens", answer.completionTokens());
    AtomicFile.write(file(key), out -> out.write(JSON.writeValueAsBytes(node)));
  }
}
