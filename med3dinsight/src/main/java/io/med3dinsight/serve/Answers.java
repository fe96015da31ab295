package io.med3dinsight.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes answers, and counts them. */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RETRY_SECONDS = "2";
  private static final int BUSY = 503;

  private final Counters counters;

  Answers(Counters counters) {
    this.counters = counters;
  }

  /** One sentence on what is wrong, as JSON: {"error": ...}. */
  void error(Response response, int status, String sentence, Callback callback) {
    if (status == BUSY) {
      response.getHeaders().put(HttpHeader.RETRY_AFTER, RETRY_SECONDS);
    }
    json(response, status, Map.of("error", sentence), callback);
  }

  void json(Response response, int status, Map<String, ?> content, Callback callback) {
    try {
      text(response, status, "application/json", JSON.writeValueAsString(content), callback);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("text and numbers are JSON", e);
    }
  }

  void text(Response response, int status, String type, String text, Callback callback) {
    counters.answered(status);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
    response.write(true, ByteBuffer.wrap(bytes), callback);
  }

  /** A label map from a file, which is deleted when it has been sent. */
  void labels(Response response, Path file, Callback callback) {
    counters.answered(200);
    try {
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, Files.size(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    response.setStatus(200);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/gzip");
    response
        .getHeaders()
        .put("Content-Disposition", "attachment; filename=\"segmentation.nii.gz\"");
    Content.copy(Content.Source.from(file), response, Callback.from(() -> delete(file), callback));
  }

  static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      left(file, e);
    }
  }

  /** The answer is right all the same; what is left over takes space that somebody has to know. */
  static void left(Path file, IOException why) {
    LOG.warn("The temporary file {} cannot be deleted: {}", file, why.toString());
  }
}
