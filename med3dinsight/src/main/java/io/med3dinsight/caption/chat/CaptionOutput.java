package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.caption.Caption;
import io.med3dinsight.caption.CaptionFile;
import io.med3dinsight.hash.Sha256;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The captions' file and that of rejected answers, and what earlier runs left in them. */
final class CaptionOutput implements AutoCloseable {
  private final JsonLines captions;
  private final JsonLines rejected;
  private final Set<String> done = new HashSet<>();
  private final Map<String, String> reasons = new HashMap<>();

  /**
   * Opens both.
   *
   * @param filter told of the texts that are there
   * @throws io.med3dinsight.DataException for a line that is no caption
   */
  CaptionOutput(CaptionSettings settings, AnswerFilter filter) {
    captions = JsonLines.open(settings.output());
    try {
      rejected = JsonLines.open(settings.rejected());
    } catch (RuntimeException e) {
      captions.close();
      throw e;
    }
    try {
      CaptionFile.read(settings.output()).forEach(c -> filter.use(c.text()));
      JsonLines.read(settings.output()).forEach(line -> done.add(identity(line)));
      JsonLines.read(settings.rejected())
          .forEach(line -> reasons.put(identity(line), line.path("reason").asText("")));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static String identity(JsonNode line) {
    return SliceJob.identity(
        line.path("volume").asText(""),
        line.path("plane").asText(""),
        line.path("slice").asInt(-1),
        line.path("model").asText(""),
        line.path("prompt").asText(""),
        line.path("image").asText(""));
  }

  /** Whether an earlier run wrote this slice's caption. */
  boolean isDone(SliceJob job) {
    return done.contains(job.identity());
  }

  /** Why an earlier run rejected this slice's answer; null when it did not. */
  String rejectedEarlier(SliceJob job) {
    return reasons.get(job.identity());
  }

  void write(SliceJob job, String text) {
    Caption caption =
        new Caption(
            job.volume(),
            job.place().plane(),
            job.place().index(),
            job.slices(),
            text,
            job.request().model(),
            Sha256.shortened(job.promptHash()));
    ObjectNode line = CaptionFile.line(caption);
    captions.append(line.put("image", Sha256.shortened(job.pixels())));
  }

  void reject(SliceJob job, ChatAnswer answer, String reason) {
    if (reason.equals(reasons.get(job.identity()))) {
      return;
    }
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("volume", job.volume()).put("plane", job.place().plane().label());
    line.put("slice", job.place().index()).put("slices", job.slices());
    line.put("reason", reason).put("text", answer.text()).put("finish", answer.finish());
    line.put("model", job.request().model()).put("prompt", Sha256.shortened(job.promptHash()));
    rejected.append(line.put("image", Sha256.shortened(job.pixels())));
  }

  @Override
  public void close() {
    try {
      captions.close();
    } finally {
      rejected.close();
    }
  }
}
