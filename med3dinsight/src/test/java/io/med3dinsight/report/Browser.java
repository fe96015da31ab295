package io.med3dinsight.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A page in a headless Chromium, driven by its DevTools protocol. */
final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "chrome");
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

  /** Everything on the console, exceptions and what the browser itself reports, as text. */
  final List<String> complaints = new CopyOnWriteArrayList<>();

  /** Addresses that the page asked for. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  private Browser(Process process, String page) {
    this.process = process;
    socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(page), new Listener())
            .join();
  }

  /** Where Chromium is; empty when it is not installed. */
  static Optional<Path> find() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Browser open(Path program, Path profile) throws Exception {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
                // WebGL 2 without a graphics card.
                "--use-angle=swiftshader",
                "--enable-unsafe-swiftshader",
                "--ignore-gpu-blocklist",
                "--force-device-scale-factor=1",
                "--hide-scrollbars",
                "--window-size=1100,900",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(profile.resolve("log.txt").toFile())
            .start();
    try {
      Path port = profile.resolve("DevToolsActivePort");
      await("Chromium to start", () -> Files.exists(port) && lines(port).size() >= 2);
      Browser browser = new Browser(process, page(lines(port).get(0)));
      for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
        browser.send(domain + ".enable", Map.of());
      }
      return browser;
    } catch (Exception | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String page(String port) throws Exception {
    HttpRequest list =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build();
    for (int attempt = 0; attempt < 100; attempt++) {
      HttpResponse<String> answer =
          HttpClient.newHttpClient().send(list, HttpResponse.BodyHandlers.ofString());
      for (JsonNode target : JSON.readTree(answer.body())) {
        if (target.path("type").asText().equals("page")) {
          return target.path("webSocketDebuggerUrl").asText();
        }
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("Chromium opened no page");
  }

  void go(Path file) throws Exception {
    send("Page.navigate", Map.of("url", file.toUri().toString()));
  }

  /** The value of a JavaScript expression, as text. */
  String value(String expression) throws Exception {
    JsonNode result =
        send("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
    }
    return result.path("result").path("value").asText();
  }

  void awaitValue(String expression, String expected) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String last = value(expression);
    while (!last.equals(expected)) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            expression + " is '" + last + "', expected '" + expected + "'; " + complaints);
      }
      Thread.sleep(50);
      last = value(expression);
    }
  }

  /** Turns the mouse wheel at a point of the window. */
  void wheel(double x, double y, double delta) throws Exception {
    send(
        "Input.dispatchMouseEvent",
        Map.of("type", "mouseWheel", "x", x, "y", y, "deltaX", 0, "deltaY", delta));
  }

  /** What the window shows, as PNG. */
  byte[] screenshot(boolean whole) throws Exception {
    JsonNode shot =
        send("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", whole));
    return Base64.getDecoder().decode(shot.path("data").asText());
  }

  JsonNode send(String method, Map<String, ?> parameters) throws Exception {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
    message.set("params", JSON.valueToTree(parameters));
    socket.sendText(message.toString(), true).join();
    return answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private void received(JsonNode message) {
    if (message.has("id")) {
      CompletableFuture<JsonNode> answer = answers.remove(message.get("id").asInt());
      if (message.has("error")) {
        answer.completeExceptionally(new IllegalStateException(message.get("error").toString()));
      } else {
        answer.complete(message.path("result"));
      }
      return;
    }
    JsonNode with = message.path("params");
    switch (message.path("method").asText()) {
      case "Runtime.consoleAPICalled" ->
          complaints.add("console." + with.path("type").asText() + ": " + with.path("args"));
      case "Runtime.exceptionThrown" -> complaints.add("exception: " + with);
      case "Log.entryAdded" -> complaints.add("log: " + with.path("entry"));
      case "Network.requestWillBeSent" -> requests.add(with.path("request").path("url").asText());
      default -> {
        // The other events say nothing about faults.
      }
    }
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException("waited in vain for " + what);
      }
      Thread.sleep(50);
    }
  }

  @Override
  public void close() throws Exception {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }

  /** Puts the pieces of messages together. */
  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        try {
          received(JSON.readTree(text.toString()));
        } catch (IOException e) {
          complaints.add("not JSON: " + text);
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }
}
