package io.med3dinsight.caption.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Caption;
import io.med3dinsight.caption.CaptionFile;
import io.med3dinsight.caption.chat.CaptionSettings.Traffic;
import io.med3dinsight.caption.chat.FakeChatServer.Received;
import io.med3dinsight.caption.chat.FakeChatServer.Reply;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Sentences;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole runs against a real HTTP server. */
@Timeout(60)
class CaptionerTest {
  private static final BooleanSupplier NEVER = () -> false;

  @TempDir private Path folder;
  private Path scans;
  private Path output;
  private final FakeTime time = new FakeTime();

  @BeforeEach
  void writeScan() {
    scans = folder.resolve("scans");
    Scans.write(scans.resolve("a.nii.gz"));
    output = folder.resolve("out/captions.jsonl");
  }

  private CaptionSummary run(CaptionSettings settings, BooleanSupplier stop) {
    return new Captioner(settings, time, () -> 0.5).run(Scans.sources(scans), Progress.NONE, stop);
  }

  private CaptionSummary run(FakeChatServer server, int perPlane) {
    return run(Scans.settings(server.url(), output, perPlane), NEVER);
  }

  private List<JsonNode> log(String event) {
    return JsonLines.read(folder.resolve("out/captions.log.jsonl")).stream()
        .filter(n -> n.path("event").asText().equals(event))
        .toList();
  }

  private void assertRead(int count) {
    List<Caption> captions = CaptionFile.read(output);
    assertEquals(count, captions.size());
    assertEquals(
        count,
        new HashSet<>(captions.stream().map(c -> c.volume() + c.plane() + c.slice()).toList())
            .size());
  }

  @Test
  void captionsOfVllmAreReadAndCounted() throws IOException {
    Scans.write(scans.resolve("b_0000.nii.gz"));
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      CaptionSummary s = run(server, 2);
      assertEquals(12, s.written());
      assertEquals(12, server.received().size());
      assertEquals(12 * 700, s.promptTokens());
      assertEquals(12 * 50, s.completionTokens());
      assertEquals(12 * (2 * 700 + 10 * 50) / 1e6, s.cost(), 1e-12);
      assertEquals(Map.of(), s.rejected());
    }
    assertRead(12);
    Caption first =
        CaptionFile.read(output).stream().filter(c -> c.volume().equals("b")).findFirst().get();
    assertEquals("m", first.model());
    assertEquals(16, first.prompt().length());
    assertEquals(List.of(6, 7, 8).get(first.plane().axis()), first.slices());
    assertEquals(0.0019, log("answered").get(0).path("cost").asDouble(), 1e-12);
  }

  @Test
  void captionsOfOllamaAreReadWithoutThoughts() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.ollama())) {
      CaptionSummary s = run(server, 1);
      assertEquals(3, s.written());
      assertEquals(3 * 300, s.promptTokens());
    }
    assertRead(3);
    for (Caption c : CaptionFile.read(output)) {
      assertTrue(c.text().startsWith("A bright structure"), c.text());
    }
  }

  @Test
  void answersWithoutUsageOrWithPartsAreTaken() throws IOException {
    Reply bare =
        FakeChatServer.json(
            200,
            "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Grey tissue fills"
                + " the picture.\"}]},\"finish_reason\":null}]}");
    try (FakeChatServer server = FakeChatServer.always(bare)) {
      CaptionSummary s = run(server, 1);
      assertEquals(3, s.written());
      assertEquals(3, s.uncounted());
      assertEquals(0, s.promptTokens());
    }
  }

  @Test
  void theLogShowsWhatWasSent() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      run(server, 1);
      List<JsonNode> sent = log("sent");
      assertEquals(3, sent.size());
      Set<String> bodies = new HashSet<>();
      server.received().forEach(r -> bodies.add(Hashes.ofFile(r.body())));
      for (JsonNode line : sent) {
        assertTrue(bodies.contains(line.path("body").asText()), line.toString());
        assertEquals(server.url() + "/chat/completions", line.path("url").asText());
        Received r =
            server.received().stream()
                .filter(x -> Hashes.ofFile(x.body()).equals(line.path("body").asText()))
                .findFirst()
                .get();
        assertEquals(r.body().length, line.path("bodyBytes").asInt());
        JsonNode messages = r.json().path("messages");
        assertEquals(messages.at("/0/content").asText(), line.path("system").asText());
        assertEquals(messages.at("/1/content/0/text").asText(), line.path("prompt").asText());
        byte[] png = Base64.getDecoder().decode(r.picture().split(",", 2)[1]);
        assertEquals(Hashes.ofFile(png), line.path("image").asText());
        assertEquals(png.length, line.path("imageBytes").asInt());
        assertEquals("a", line.at("/local/volume").asText());
      }
    }
  }

  // ---- failures that pass

  /** The first request fails, and is sent again. */
  private void recovers(Reply bad, double least, double most) throws IOException {
    try (FakeChatServer server = new FakeChatServer(n -> n == 0 ? bad : FakeChatServer.vllm())) {
      CaptionSettings settings =
          Scans.settings(server.url(), output, 1, new Traffic(1, 0, Duration.ofMillis(700), 2));
      CaptionSummary s = run(settings, NEVER);
      assertEquals(3, s.written(), s.toString());
      assertEquals(4, server.received().size());
      assertEquals(1, log("failed").size());
      assertTrue(time.seconds() >= least && time.seconds() <= most, time.seconds() + " s");
    }
    assertRead(3);
  }

  @Test
  void retryAfterInSecondsIsObeyed() throws IOException {
    recovers(FakeChatServer.json(429, "{}", "Retry-After", "7"), 7, 7.5);
  }

  @Test
  void retryAfterAsADateIsObeyed() throws IOException {
    // The clock stands at 12:00:00.
    String date = "Sun, 01 Mar 2026 12:00:30 GMT";
    recovers(FakeChatServer.json(503, "{}", "Retry-After", date), 30, 30.5);
  }

  @Test
  void aDateThatIsOverOrNoneMeansTheOwnWaitingTime() throws IOException {
    String date = "Sun, 01 Mar 2026 11:59:30 GMT";
    recovers(FakeChatServer.json(429, "{}", "Retry-After", date), 0.75, 0.75);
  }

  @Test
  void serverErrorsAreTriedAgain() throws IOException {
    recovers(FakeChatServer.json(500, "<html>oops</html>", "Retry-After", "soon"), 0.75, 0.75);
    assertEquals(500, log("failed").get(0).path("status").asInt());
  }

  @Test
  void aCutConnectionIsTriedAgain() throws IOException {
    recovers(FakeChatServer.cut(), 0.75, 0.75);
  }

  @Test
  void malformedJsonIsTriedAgain() throws IOException {
    recovers(FakeChatServer.json(200, "{\"choices\": [{\"mess"), 0.75, 0.75);
  }

  @Test
  void emptyChoicesAreTriedAgain() throws IOException {
    recovers(FakeChatServer.json(200, "{\"choices\": [], \"usage\": null}"), 0.75, 0.75);
  }

  @Test
  void anErrorInAGoodAnswerIsTriedAgain() throws IOException {
    recovers(FakeChatServer.json(200, "{\"error\": {\"message\": \"overloaded\"}}"), 0.75, 0.75);
    assertTrue(log("failed").get(0).path("message").asText().contains("overloaded"));
  }

  @Test
  void aSlowAnswerTimesOut() throws IOException {
    recovers(FakeChatServer.slow(3000, FakeChatServer.vllm()), 0.75, 0.75);
    assertTrue(log("failed").get(0).path("message").asText().contains("within 0.7 s"));
  }

  @Test
  void anAnswerThatStopsInItsBodyTimesOut() throws IOException {
    recovers(FakeChatServer.trickle(3000), 0.75, 0.75);
  }

  @Test
  void waitingDoublesAndOneSliceMayFail() throws IOException {
    Reply bad = FakeChatServer.json(500, "{\"error\": \"no memory\"}");
    try (FakeChatServer server = new FakeChatServer(n -> n < 4 ? bad : FakeChatServer.vllm())) {
      CaptionSettings settings =
          Scans.settings(server.url(), output, 1, new Traffic(1, 0, Duration.ofSeconds(9), 3));
      CaptionSummary s = run(settings, NEVER);
      assertEquals(1, s.failed());
      assertEquals(2, s.written());
      assertEquals("HTTP 500, no memory", s.lastFailure());
      assertEquals(0.75 * (1 + 2 + 4), time.seconds(), 1e-6);
      // What failed is asked for again, the rest is there.
      CaptionSummary again = run(settings, NEVER);
      assertEquals(1, again.written());
      assertEquals(2, again.earlier());
      assertEquals(7, server.received().size());
    }
    assertRead(3);
  }

  @ParameterizedTest
  @CsvSource({"130, true", "300, false"})
  void aPictureThatWasDroppedIsToldOnce(int promptTokens, boolean told) throws IOException {
    Reply reply =
        (exchange, request) ->
            FakeChatServer.json(
                    200,
                    ("{\"choices\":[{\"message\":{\"content\":\"%s\"}}],\"usage\":"
                            + "{\"prompt_tokens\":%d,\"completion_tokens\":9}}")
                        .formatted(FakeChatServer.seen(request), promptTokens))
                .send(exchange, request);
    List<String> said = new ArrayList<>();
    try (FakeChatServer server = FakeChatServer.always(reply)) {
      CaptionSettings settings = Scans.settings(server.url(), output, 1);
      Progress progress = new SayingProgress(said);
      CaptionSummary s =
          new Captioner(settings, time, () -> 0.5).run(Scans.sources(scans), progress, NEVER);
      assertEquals(3, s.written());
    }
    assertEquals(told ? 1 : 0, said.size(), said.toString());
    assertTrue(!told || said.get(0).contains("model 'm' takes pictures"), said.toString());
  }

  /** Keeps the lines. */
  private record SayingProgress(List<String> lines) implements Progress {
    @Override
    public Task start(String name, long total, String unit) {
      return Progress.NONE.start(name, total, unit);
    }

    @Override
    public void say(String line) {
      lines.add(line);
    }
  }

  // ---- failures that end the run

  @Test
  void aServerThatFailsOnEveryRequestIsToldWithTheModelsItHas() throws IOException {
    Reply bad = FakeChatServer.json(500, "Internal Server Error");
    try (FakeChatServer server = FakeChatServer.always(bad)) {
      CaptionSettings settings =
          Scans.settings(server.url(), output, 2, new Traffic(1, 0, Duration.ofSeconds(9), 0));
      Sentences.refused(
          () -> run(settings, NEVER), "HTTP 500", "its own log", "it has there", "--resume");
    }
  }

  private UsageException refused(Reply reply) throws IOException {
    try (FakeChatServer server = new FakeChatServer(n -> n == 0 ? FakeChatServer.vllm() : reply)) {
      CaptionSettings settings =
          Scans.settings(server.url(), output, 2, new Traffic(1, 0, Duration.ofSeconds(9), 3));
      UsageException e = assertThrows(UsageException.class, () -> run(settings, NEVER));
      assertEquals(2, server.received().size());
      assertRead(1);
      assertTrue(e.getMessage().contains(server.url()), e.getMessage());
      assertTrue(e.getMessage().endsWith("."), e.getMessage());
      return e;
    }
  }

  @Test
  void aWrongKeyEndsTheRun() throws IOException {
    String said = refused(FakeChatServer.json(401, "{\"error\":\"no.\\nway.\"}")).getMessage();
    assertTrue(said.contains("wants a key (HTTP 401, no. way)"), said);
  }

  @Test
  void anUnknownModelEndsTheRunWithThoseThereAre() throws IOException {
    String body =
        "{\"object\":\"error\",\"message\":\"The model `m` does not exist.\",\"code\":404}";
    String said = refused(FakeChatServer.json(404, body)).getMessage();
    assertTrue(said.contains("no model 'm'") && said.contains("it has there"), said);
  }

  @Test
  void aRequestThatIsRefusedEndsTheRun() throws IOException {
    String body = "{\"error\":{\"message\":\"m is no multimodal model\",\"type\":\"BadRequest\"}}";
    String said = refused(FakeChatServer.json(400, body)).getMessage();
    assertTrue(said.contains("no multimodal model"), said);
  }

  @Test
  void aRedirectIsNotFollowed() throws IOException {
    try (FakeChatServer other = FakeChatServer.always(FakeChatServer.vllm())) {
      String there = other.url() + "/chat/completions";
      String said = refused(FakeChatServer.json(307, "", "Location", there)).getMessage();
      assertTrue(said.contains("HTTP 307"), said);
      assertEquals(0, other.received().size());
    }
  }

  @Test
  void anEmptyAccountEndsTheRun() throws IOException {
    String body = "{\"error\":{\"message\":\"No credit.\",\"code\":\"insufficient_quota\"}}";
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.json(429, body))) {
      Sentences.refused(() -> run(server, 1), "No credit", "--resume", output.toString());
      assertTrue(server.received().size() <= 2);
    }
  }

  @Test
  void waitingForHoursEndsTheRun() throws IOException {
    Reply later = FakeChatServer.json(429, "{}", "Retry-After", "7200");
    try (FakeChatServer server = FakeChatServer.always(later)) {
      Sentences.refused(() -> run(server, 1), "120 minutes", "--resume");
    }
  }

  @Test
  void nobodyAtTheAddressIsSaidAtOnce() throws IOException {
    String url;
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      url = server.url();
    }
    CaptionSettings settings = Scans.settings(url, output, 2);
    Sentences.refused(() -> run(settings, NEVER), url, "nobody answers there", "--resume");
    assertEquals(0, time.seconds());
    assertTrue(log("sent").size() <= 2);
    CaptionSettings other = Scans.settings("https://host.invalid/v1", output, 1);
    Sentences.refused(() -> run(other, NEVER), "host.invalid", "no such host");
  }

  @Test
  void aServiceThatGoesDownIsWaitedForAndThenGivenUp() throws IOException {
    FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm());
    AtomicInteger asked = new AtomicInteger();
    CaptionSettings settings =
        Scans.settings(server.url(), output, 2, new Traffic(1, 0, Duration.ofSeconds(9), 3));
    // Asked at least once before each request, by two threads: neither may go on before the other
    // has closed the server.
    BooleanSupplier closing =
        () -> {
          synchronized (asked) {
            if (server.received().size() == 2 && asked.getAndIncrement() == 0) {
              awaitLines(2);
              server.close();
            }
          }
          return false;
        };
    Sentences.refused(() -> run(settings, closing), "cannot be reached", output.toString());
    assertEquals(0.75 * (1 + 2 + 4), time.seconds(), 1e-6);
    assertRead(2);
  }

  private void awaitLines(int count) {
    while (CaptionFile.read(output).size() < count) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aServiceThatAlwaysFailsIsGivenUp() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.json(502, "bad gateway"))) {
      CaptionSettings settings =
          Scans.settings(server.url(), output, 4, new Traffic(1, 0, Duration.ofSeconds(9), 1));
      Sentences.refused(() -> run(settings, NEVER), "in a row, each 2 times", "HTTP 502");
      assertEquals(10, server.received().size());
    }
  }

  // ---- pace

  @Test
  void noMoreRequestsAreInFlightThanAllowed() throws Exception {
    CountDownLatch three = new CountDownLatch(3);
    Reply waiting =
        (exchange, request) -> {
          three.countDown();
          three.await(10, TimeUnit.SECONDS);
          TimeUnit.MILLISECONDS.sleep(20);
          FakeChatServer.vllm().send(exchange, request);
        };
    try (FakeChatServer server = FakeChatServer.always(waiting)) {
      Traffic three3 = new Traffic(3, 0, Duration.ofSeconds(30), 0);
      assertEquals(18, run(Scans.settings(server.url(), output, 6, three3), NEVER).written());
      assertEquals(3, server.mostAtOnce());
    }
    assertRead(18);
  }

  @Test
  void requestsKeepToTheRate() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      Traffic slow = new Traffic(4, 30, Duration.ofSeconds(30), 0);
      assertEquals(12, run(Scans.settings(server.url(), output, 4, slow), NEVER).written());
    }
    List<Instant> times =
        log("sent").stream().map(n -> Instant.parse(n.path("time").asText())).sorted().toList();
    assertEquals(12, times.size());
    // The clock stands still but for waiting: each request waits for its own two seconds.
    assertTrue(time.seconds() >= 22, time.seconds() + " s");
  }

  // ---- stop, resume, cache

  @Test
  void aStoppedRunGoesOnWithoutAskingAgain() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      CaptionSettings settings = Scans.settings(server.url(), output, 5);
      CaptionSummary first = run(settings, () -> server.received().size() >= 4);
      assertTrue(first.stopped());
      int paid = server.received().size();
      // Requests in flight were finished and written.
      assertEquals(paid, first.written());
      assertRead(paid);
      assertTrue(paid < 15);
      // A process that was killed while it wrote.
      String whole = Files.readString(output);
      Files.writeString(output, whole + "{\"volume\":\"a\",\"plane\":\"ax");
      CaptionSummary rest = run(settings, NEVER);
      assertEquals(15 - paid, rest.written());
      assertEquals(paid, rest.earlier());
      assertFalse(rest.stopped());
      assertEquals(15, server.received().size());
      assertTrue(Files.readString(output).startsWith(whole));
    }
    assertRead(15);
  }

  @Test
  void aLostLineComesFromTheCache() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      run(server, 2);
      String whole = Files.readString(output);
      // Cut in the middle of the last line.
      Files.writeString(output, whole.substring(0, whole.length() - 20));
      CaptionSummary s = run(server, 2);
      assertEquals(1, s.written());
      assertEquals(1, s.fromCache());
      assertEquals(5, s.earlier());
      assertEquals(6, server.received().size());
      assertEquals(whole, Files.readString(output));
    }
  }

  @Test
  void theCacheKnowsPixelsPromptAndModel() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      run(server, 1);
      CaptionSettings s = Scans.settings(server.url(), output, 1);
      Path second = folder.resolve("second.jsonl");
      assertEquals(3, run(with(s, s.endpoint(), s.prompts(), second), NEVER).fromCache());
      assertEquals(3, server.received().size());
      ChatEndpoint other = ChatEndpoint.of(server.url(), "other", null, false);
      Path third = folder.resolve("third.jsonl");
      assertEquals(0, run(with(s, other, s.prompts(), third), NEVER).fromCache());
      assertEquals(6, server.received().size());
      PromptTemplates words =
          PromptTemplates.parse("prompts: {default: {default: \"What is it?\"}}", "x");
      Path fourth = folder.resolve("fourth.jsonl");
      assertEquals(0, run(with(s, s.endpoint(), words, fourth), NEVER).fromCache());
      assertEquals(9, server.received().size());
      assertEquals(
          "What is it?", server.received().get(8).json().at("/messages/0/content/0/text").asText());
    }
  }

  private static CaptionSettings with(
      CaptionSettings s, ChatEndpoint endpoint, PromptTemplates prompts, Path output) {
    return new CaptionSettings(
        endpoint,
        s.request(),
        prompts,
        s.picture(),
        s.traffic(),
        s.prices(),
        s.mostRepeats(),
        s.askAgain(),
        output,
        s.cache());
  }

  @Test
  void theSamePictureIsAskedAboutOnce() throws IOException {
    Path twin = scans.resolve("twin.nii.gz");
    Files.copy(scans.resolve("a.nii.gz"), twin);
    try (FakeChatServer server =
        FakeChatServer.always(FakeChatServer.slow(30, FakeChatServer.vllm()))) {
      CaptionSummary s = run(server, 2);
      assertEquals(12, s.written());
      assertEquals(6, server.received().size());
    }
    assertRead(12);
  }

  // ---- quality

  @Test
  void answersThatAreNoCaptionsAreSetAside() throws IOException {
    List<Reply> replies =
        List.of(
            FakeChatServer.vllm("I'm sorry, but I can't help with medical images.", "stop"),
            FakeChatServer.vllm("", "stop"),
            FakeChatServer.vllm("The liver is seen and", "length"),
            FakeChatServer.json(
                400, "{\"error\":{\"message\":\"filtered\",\"code\":\"content_filter\"}}"),
            FakeChatServer.json(
                200,
                "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"No.\"},"
                    + "\"finish_reason\":\"stop\"}]}"));
    try (FakeChatServer server =
        new FakeChatServer(n -> n < 5 ? replies.get(n) : FakeChatServer.vllm())) {
      CaptionSummary s = run(server, 2);
      assertEquals(1, s.written());
      assertEquals(Map.of("refusal", 3, "empty", 1, "truncated", 1), s.rejected());
      assertEquals(5, JsonLines.read(folder.resolve("out/captions.rejected.jsonl")).size());
      CaptionSummary again = run(server, 2);
      assertEquals(s.rejected(), again.rejected());
      assertEquals(6, server.received().size());
      // Without the files, the answers are still there.
      Files.delete(folder.resolve("out/captions.rejected.jsonl"));
      assertEquals(s.rejected(), run(server, 2).rejected());
      assertEquals(6, server.received().size());
      CaptionSettings asking = Scans.askingAgain(Scans.settings(server.url(), output, 2));
      assertEquals(5, run(asking, NEVER).written());
      assertEquals(11, server.received().size());
    }
    assertRead(6);
  }

  @Test
  void aTextForEverySliceIsAReflex() throws IOException {
    Reply reflex = FakeChatServer.vllm("This is a normal brain without findings.", "stop");
    try (FakeChatServer server = FakeChatServer.always(reflex)) {
      CaptionSummary s = run(server, 2);
      assertEquals(3, s.written());
      assertEquals(Map.of("repeated", 3), s.rejected());
      // The file's texts count, too.
      CaptionSettings more = Scans.settings(server.url(), output, 4);
      assertEquals(0, run(more, NEVER).written());
    }
  }

  @Test
  void volumesThatCannotBeReadAreNamedAndLeftOut() throws IOException {
    Files.writeString(scans.resolve("broken.nii"), "nothing");
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm())) {
      CaptionSummary s = run(server, 1);
      assertEquals(3, s.written());
      assertEquals(1, s.unreadable().size());
      assertTrue(s.unreadable().get(0).contains("broken.nii"));
      Files.delete(scans.resolve("a.nii.gz"));
      Sentences.refused(() -> run(server, 1), "broken.nii");
    }
  }

  @Test
  void anotherRunMayNotWriteTheSameFile() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm());
        JsonLines held = JsonLines.open(output)) {
      Sentences.refused(() -> run(server, 1), output.toString(), "another run");
      assertEquals(0, server.received().size());
    }
  }
}
