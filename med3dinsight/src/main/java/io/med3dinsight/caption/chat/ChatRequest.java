package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.caption.chat.PromptTemplates.Prompt;
import java.util.Base64;

/**
 * One question about one picture: the very bytes that are sent, and what they were made of.
 *
 * @param model the model's name
 * @param prompt the words
 * @param png the picture
 * @param body JSON in UTF-8
 */
record ChatRequest(String model, Prompt prompt, byte[] png, byte[] body) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static ChatRequest of(String model, Prompt prompt, byte[] png, RequestOptions options) {
    ObjectNode root = JSON.createObjectNode();
    root.put("model", model);
    ArrayNode messages = root.putArray("messages");
    if (!prompt.system().isEmpty()) {
      messages.addObject().put("role", "system").put("content", prompt.system());
    }
    ArrayNode content = messages.addObject().put("role", "user").putArray("content");
    content.addObject().put("type", "text").put("text", prompt.user());
    content
        .addObject()
        .put("type", "image_url")
        .putObject("image_url")
        .put("url", "data:image/png;base64," + Base64.getEncoder().encodeToString(png));
    options.into(root);
    try {
      return new ChatRequest(model, prompt, png, JSON.writeValueAsBytes(root));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a request could not be written as JSON", e);
    }
  }
}
