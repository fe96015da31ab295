package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.caption.chat.ChatFailure.Kind;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Asks once. Thread-safe. */
final class ChatClient {
  private static final int MOST_BYTES = 8 << 20;
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ChatEndpoint endpoint;
  private final Duration timeout;
  private final Time time;
  private final HttpClient http;

  /**
   * @param timeout for a whole answer, from the request's first byte to the answer's last
   */
  ChatClient(ChatEndpoint endpoint, Duration timeout, Time time) {
    this.endpoint = endpoint;
    this.timeout = timeout;
    this.time = time;
    // HTTP/1.1, since some servers stumble over the offer to upgrade; no redirects, which could
    // lead the pictures and the key elsewhere.
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeout.compareTo(CONNECT) < 0 ? timeout : CONNECT)
            .build();
  }

  /** Sends the request and reads the answer. */
  ChatAnswer ask(ChatRequest request) throws ChatFailure, InterruptedException {
    HttpRequest.Builder post =
        builder(endpoint.chat())
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(request.body()));
    HttpResponse<byte[]> response = send(post.build());
    if (response.statusCode() == 200) {
      return ChatAnswer.parse(response.body());
    }
    throw failure(response);
  }

  private HttpRequest.Builder builder(URI uri) {
    HttpRequest.Builder b = HttpRequest.newBuilder(uri).header("Accept", "application/json");
    return endpoint.key() == null ? b : b.header("Authorization", "Bearer " + endpoint.key());
  }

  /** The client's own time-out ends with the answer's first byte, so the whole is timed here. */
  private HttpResponse<byte[]> send(HttpRequest request) throws ChatFailure, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> future =
        http.sendAsync(request, info -> new LimitedBody(MOST_BYTES));
    try {
      return future.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      future.cancel(true);
      throw new ChatFailure(
          Kind.RETRY, 0, "no answer within " + seconds(timeout) + " s (--timeout)", e);
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    } catch (InterruptedException e) {
      future.cancel(true);
      throw e;
    }
  }

  private static String seconds(Duration d) {
    double s = d.toMillis() / 1000.0;
    return s == Math.rint(s) ? Long.toString((long) s) : Double.toString(s);
  }

  private static ChatFailure failure(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      if (t instanceof UnresolvedAddressException || t instanceof UnknownHostException) {
        return new ChatFailure(Kind.UNREACHABLE, 0, "there is no such host", e);
      }
    }
    if (e instanceof HttpConnectTimeoutException) {
      return new ChatFailure(Kind.UNREACHABLE, 0, "the connection timed out", e);
    }
    if (e instanceof ConnectException) {
      return new ChatFailure(Kind.UNREACHABLE, 0, "nobody answers there", e);
    }
    if (e instanceof SSLException) {
      return new ChatFailure(
          Kind.UNREACHABLE, 0, "no encrypted connection comes about: " + e.getMessage(), e);
    }
    if (e instanceof HttpTimeoutException) {
      return new ChatFailure(Kind.RETRY, 0, "no answer in time", e);
    }
    if (e instanceof IOException) {
      return new ChatFailure(Kind.RETRY, 0, "the connection was cut: " + e.getMessage(), e);
    }
    throw new IllegalStateException("a request failed", e);
  }

  private ChatFailure failure(HttpResponse<byte[]> response) {
    int status = response.statusCode();
    String said = endpoint.withoutKey(ChatAnswer.errorMessage(response.body()));
    String where = response.headers().firstValue("Location").map(l -> " to " + l).orElse("");
    String message = "HTTP " + status + where + (said.isEmpty() ? "" : ", " + said);
    String code = ChatAnswer.errorCode(response.body());
    return new ChatFailure(kind(status, code), status, message, null, retryAfter(response));
  }

  private static Kind kind(int status, String code) {
    if (status == 429 && code.contains("insufficient_quota") || status == 402) {
      return Kind.QUOTA;
    }
    if (status == 408 || status == 409 || status == 425 || status == 429 || status >= 500) {
      return Kind.RETRY;
    }
    if (status == 400 && (code.contains("content_filter") || code.contains("content_policy"))) {
      return Kind.REFUSED;
    }
    return switch (status) {
      case 401, 403 -> Kind.KEY;
      case 404 -> Kind.MODEL;
      case 301, 302, 303, 307, 308 -> Kind.REDIRECT;
      default -> Kind.REQUEST;
    };
  }

  /** RFC 9110, 10.2.3: seconds, or a date. */
  private Duration retryAfter(HttpResponse<byte[]> response) {
    String value = response.headers().firstValue("Retry-After").orElse("").strip();
    if (value.matches("\\d{1,9}(\\.\\d{1,9})?")) {
      return Duration.ofMillis((long) Math.ceil(1000 * Double.parseDouble(value)));
    }
    try {
      DateTimeFormatter format = DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT);
      Duration until = Duration.between(time.now(), format.parse(value, Instant::from));
      return until.isNegative() ? Duration.ZERO : until;
    } catch (DateTimeException e) {
      // No such header, or one that says nothing: the program's own waiting time holds.
      return null;
    }
  }

  /** Names of the models that the service has; none when it does not say. */
  List<String> models() throws InterruptedException {
    List<String> names = new ArrayList<>();
    try {
      HttpResponse<byte[]> response = send(builder(endpoint.models()).GET().build());
      if (response.statusCode() == 200) {
        JsonNode root = JSON.readTree(response.body());
        root.path("data").forEach(m -> names.add(m.path("id").asText("")));
      }
    } catch (ChatFailure | IOException e) {
      // Only for a better message about another failure.
      return List.of();
    }
    names.removeIf(String::isBlank);
    return names;
  }
}
