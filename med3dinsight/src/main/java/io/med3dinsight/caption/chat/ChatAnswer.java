package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.med3dinsight.caption.chat.ChatFailure.Kind;
import java.io.IOException;
import java.util.regex.Pattern;

/**
 * What the model said.
 *
 * @param text the answer without a reasoning model's thoughts; may be empty
 * @param finish why it ended, such as "stop" or "length"; empty when the service does not say
 * @param promptTokens tokens of the question with the picture; null when the service does not say
 * @param completionTokens tokens of the answer; null when the service does not say
 */
record ChatAnswer(String text, String finish, Integer promptTokens, Integer completionTokens) {
  /** The reason for ending of an answer that the service withheld. */
  static final String REFUSED = "refusal";

  private static final int LETTERS_OF_A_TOKEN = 4;

  private static final int FRAME = 16;

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** Some servers leave a reasoning model's thoughts in the answer. */
  private static final Pattern THOUGHTS =
      Pattern.compile("^\\s*(<think>)?.*?</think>", Pattern.DOTALL);

  /**
   * Reads a chat completion as OpenAI, vLLM, Ollama, llama.cpp and others send it.
   *
   * @throws ChatFailure when it is none
   */
  static ChatAnswer parse(byte[] body) throws ChatFailure {
    JsonNode root;
    try {
      root = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw new ChatFailure(Kind.RETRY, 200, "the answer is not valid JSON", e);
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory cannot fail to be read", e);
    }
    JsonNode choice = root.path("choices").path(0);
    JsonNode message = choice.path("message");
    if (!message.isObject()) {
      String error = errorMessage(root);
      throw new ChatFailure(
          Kind.RETRY,
          200,
          error.isEmpty() ? "the answer has no choices" : "the answer is an error: " + error,
          null);
    }
    String text = content(message.path("content"));
    String finish = choice.path("finish_reason").asText("");
    JsonNode refusal = message.path("refusal");
    if (refusal.isTextual() && !refusal.asText().isBlank()) {
      text = text.isBlank() ? refusal.asText() : text;
      finish = REFUSED;
    }
    JsonNode usage = root.path("usage");
    return new ChatAnswer(
        text,
        finish.equals("null") ? "" : finish,
        count(usage.path("prompt_tokens")),
        count(usage.path("completion_tokens")));
  }

  /**
   * Whether the tokens of the question are about those of its words, so that the picture seems to
   * have been dropped. A token of English is 4 to 5 letters, a chat's frame some 16 tokens; the
   * smallest pictures of current models are 64 tokens.
   */
  boolean seemsBlind(PromptTemplates.Prompt prompt) {
    int letters = prompt.system().length() + prompt.user().length();
    return promptTokens != null && promptTokens < letters / LETTERS_OF_A_TOKEN + FRAME;
  }

  private static Integer count(JsonNode node) {
    return node.isInt() && node.intValue() >= 0 ? node.intValue() : null;
  }

  /** Text, or a list of parts. */
  private static String content(JsonNode node) {
    StringBuilder text = new StringBuilder(node.isTextual() ? node.textValue() : "");
    if (node.isArray()) {
      node.forEach(part -> text.append(part.path("text").asText("")));
    }
    return THOUGHTS.matcher(text).replaceFirst("").strip();
  }

  /** The message of an error in any of the forms that services use; empty when there is none. */
  static String errorMessage(JsonNode root) {
    JsonNode error = root.path("error");
    JsonNode detail = root.path("detail");
    for (JsonNode n :
        new JsonNode[] {
          error.path("message"), error, root.path("message"), detail, detail.path(0).path("msg")
        }) {
      if (n.isTextual() && !n.asText().isBlank()) {
        return n.asText();
      }
    }
    return "";
  }

  /** The same for bytes that may be anything, cut to a sentence's length, on one line. */
  static String errorMessage(byte[] body) {
    String text;
    try {
      JsonNode root = JSON.readTree(body);
      text = root == null ? "" : errorMessage(root);
    } catch (IOException e) {
      // An error page of a proxy, say; its status is what counts then.
      text = "";
    }
    text = text.replaceAll("\\p{Cntrl}|\\s+", " ").strip().replaceFirst("\\.+$", "");
    return text.length() > 200 ? text.substring(0, 200) + " ..." : text;
  }

  /** The error's code or type; empty when there is none. */
  static String errorCode(byte[] body) {
    try {
      JsonNode error = JSON.readTree(body).path("error");
      return error.path("code").asText("") + " " + error.path("type").asText("");
    } catch (IOException e) {
      return "";
    }
  }
}
