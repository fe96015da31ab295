package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.hash.Sha256;
import java.nio.file.Path;

/**
 * What was sent, and what came of it: a line before each request and one after it. The volume and
 * its slice stand in it for the user; they were not sent.
 */
final class CaptionLog implements AutoCloseable {
  private final JsonLines lines;
  private final ChatEndpoint endpoint;
  private final Prices prices;
  private final Time time;

  CaptionLog(Path file, ChatEndpoint endpoint, Prices prices, Time time) {
    this.lines = JsonLines.open(file);
    this.endpoint = endpoint;
    this.prices = prices;
    this.time = time;
  }

  private ObjectNode line(String event, SliceJob job, int attempt) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("time", time.now().toString()).put("event", event).put("attempt", attempt);
    node.putObject("local")
        .put("volume", job.volume())
        .put("plane", job.place().plane().label())
        .put("slice", job.place().index());
    return node.put("image", Sha256.hex(job.request().png()));
  }

  /** A request is about to leave. */
  void sent(SliceJob job, int attempt) {
    ChatRequest r = job.request();
    ObjectNode node = line("sent", job, attempt);
    node.put("url", endpoint.chat().toString()).put("model", r.model());
    node.put("system", r.prompt().system()).put("prompt", r.prompt().user());
    node.put("imageBytes", r.png().length);
    node.put("body", Sha256.hex(r.body())).put("bodyBytes", r.body().length);
    lines.append(node);
  }

  /** It was answered. */
  void answered(SliceJob job, int attempt, double seconds, ChatAnswer a) {
    ObjectNode node = line("answered", job, attempt).put("seconds", rounded(seconds));
    node.put("promptTokens", a.promptTokens()).put("completionTokens", a.completionTokens());
    if (prices.known() && a.promptTokens() != null && a.completionTokens() != null) {
      node.put("cost", prices.of(a.promptTokens(), a.completionTokens()));
    }
    lines.append(node);
  }

  /** It failed. */
  void failed(SliceJob job, int attempt, double seconds, ChatFailure f) {
    ObjectNode node = line("failed", job, attempt).put("seconds", rounded(seconds));
    lines.append(node.put("status", f.status()).put("message", f.getMessage()));
  }

  private static double rounded(double seconds) {
    return Math.round(1000 * seconds) / 1000.0;
  }

  @Override
  public void close() {
    lines.close();
  }
}
