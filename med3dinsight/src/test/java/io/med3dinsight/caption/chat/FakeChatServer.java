package io.med3dinsight.caption.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A chat service on this machine that answers as it is told, and remembers what it was sent. */
public final class FakeChatServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One request as it arrived. */
  public record Received(String path, Map<String, List<String>> headers, byte[] body) {
    public JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Everything that came, as text. */
    public String text() {
      return path + " " + headers + " " + new String(body, StandardCharsets.UTF_8);
    }

    public String picture() {
      return json().at("/messages/1/content/1/image_url/url").asText();
    }
  }

  /** What a server sends back. */
  public interface Reply {
    void send(HttpExchange exchange, Received request) throws IOException, InterruptedException;
  }

  /** Chooses the reply to the n-th request, from 0. */
  public interface Script {
    Reply reply(int number);
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Received> received = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger present = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  public FakeChatServer(Script script) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/chat/completions", exchange -> handle(exchange, script));
    byte[] models =
        "{\"object\":\"list\",\"data\":[{\"id\":\"there\"}]}".getBytes(StandardCharsets.UTF_8);
    server.createContext(
        "/v1/models",
        exchange -> {
          try (exchange) {
            exchange.sendResponseHeaders(200, models.length);
            exchange.getResponseBody().write(models);
          }
        });
    server.start();
  }

  /** Every request gets the same reply. */
  public static FakeChatServer always(Reply reply) throws IOException {
    return new FakeChatServer(n -> reply);
  }

  private void handle(HttpExchange exchange, Script script) throws IOException {
    int now = present.incrementAndGet();
    most.accumulateAndGet(now, Math::max);
    try (exchange) {
      Received request;
      int number;
      synchronized (received) {
        number = received.size();
        request =
            new Received(
                exchange.getRequestURI().toString(),
                Map.copyOf(exchange.getRequestHeaders()),
                exchange.getRequestBody().readAllBytes());
        received.add(request);
      }
      script.reply(number).send(exchange, request);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      present.decrementAndGet();
    }
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
  }

  public List<Received> received() {
    synchronized (received) {
      return List.copyOf(received);
    }
  }

  /** The most requests that were here at a time. */
  public int mostAtOnce() {
    return most.get();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  // ---- replies

  public static Reply json(int status, String body, String... headers) {
    return (exchange, request) -> {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  /** A text that tells something about the picture, so that no two are the same. */
  static String seen(Received request) {
    return "A bright structure lies in the middle of picture "
        + Integer.toHexString(request.picture().hashCode())
        + ", with darker tissue around it.";
  }

  /** As vLLM answers. */
  public static Reply vllm() {
    return (exchange, request) -> vllm(seen(request), "stop").send(exchange, request);
  }

  public static Reply vllm(String text, String finish) {
    ObjectNode root = JSON.createObjectNode();
    root.put("id", "chatcmpl-1").put("object", "chat.completion").put("created", 1764000000);
    root.put("model", "m").putNull("service_tier").putNull("system_fingerprint");
    ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
    ObjectNode message = choice.putObject("message").put("role", "assistant").put("content", text);
    message.putNull("refusal").putNull("annotations").putNull("audio").putNull("function_call");
    message.putArray("tool_calls");
    message.putNull("reasoning_content");
    choice.putNull("logprobs").put("finish_reason", finish).putNull("stop_reason");
    ObjectNode usage = root.putObject("usage");
    usage.put("prompt_tokens", 700).put("total_tokens", 750).put("completion_tokens", 50);
    usage.putNull("prompt_tokens_details");
    root.putNull("prompt_logprobs").putNull("kv_transfer_params");
    return json(200, root.toString());
  }

  /** As Ollama answers: fewer fields, and a reasoning model's thoughts in the text. */
  public static Reply ollama() {
    return (exchange, request) -> {
      ObjectNode root = JSON.createObjectNode();
      root.put("id", "chatcmpl-2").put("object", "chat.completion").put("created", 1764000000);
      root.put("model", "m").put("system_fingerprint", "fp_ollama");
      ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
      choice
          .putObject("message")
          .put("role", "assistant")
          .put("content", "<think>\nWell, a slice.\n</think>\n\n" + seen(request) + "\n");
      choice.put("finish_reason", "stop");
      root.putObject("usage")
          .put("prompt_tokens", 300)
          .put("completion_tokens", 40)
          .put("total_tokens", 340);
      json(200, root.toString()).send(exchange, request);
    };
  }

  /** Closes the connection in the middle of an answer. */
  public static Reply cut() {
    return (exchange, request) -> {
      exchange.sendResponseHeaders(200, 1000);
      exchange.getResponseBody().write("{\"choices\":[{".getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      exchange.close();
    };
  }

  /** Sends the head at once, and the rest never. */
  public static Reply trickle(long millis) {
    return (exchange, request) -> {
      exchange.sendResponseHeaders(200, 1000);
      exchange.getResponseBody().write('{');
      exchange.getResponseBody().flush();
      TimeUnit.MILLISECONDS.sleep(millis);
    };
  }

  /** Waits before it answers. */
  public static Reply slow(long millis, Reply then) {
    return (exchange, request) -> {
      TimeUnit.MILLISECONDS.sleep(millis);
      then.send(exchange, request);
    };
  }
}
