package io.med3dinsight.caption.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.caption.Caption;
import io.med3dinsight.caption.CaptionFile;
import io.med3dinsight.caption.chat.CaptionSettings.Traffic;
import io.med3dinsight.caption.chat.FakeChatServer.Received;
import io.med3dinsight.caption.chat.FakeChatServer.Reply;
import io.med3dinsight.hash.Sha256;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.volume.Sentences;
import java.io.IOException;
import java.nio.file.Files;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of good answers and of those that are no captions, and how fast is asked. */
class CaptionerTest extends CaptionerRuns {
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
            "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Grey tissue"
                + " fills the picture.\"}]},\"finish_reason\":null}]}");
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
      server.received().forEach(r -> bodies.add(Sha256.hex(r.body())));
      for (JsonNode line : sent) {
        assertTrue(bodies.contains(line.path("body").asText()), line.toString());
        assertEquals(server.url() + "/chat/completions", line.path("url").asText());
        Received r =
            server.received().stream()
                .filter(x -> Sha256.hex(x.body()).equals(line.path("body").asText()))
                .findFirst()
                .get();
        assertEquals(r.body().length, line.path("bodyBytes").asInt());
        JsonNode messages = r.json().path("messages");
        assertEquals(messages.at("/0/content").asText(), line.path("system").asText());
        assertEquals(messages.at("/1/content/0/text").asText(), line.path("prompt").asText());
        byte[] png = Base64.getDecoder().decode(r.picture().split(",", 2)[1]);
        assertEquals(Sha256.hex(png), line.path("image").asText());
        assertEquals(png.length, line.path("imageBytes").asInt());
        assertEquals("a", line.at("/local/volume").asText());
      }
    }
  }

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
}
