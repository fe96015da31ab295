package io.med3dinsight.caption.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.UsageException;
import io.med3dinsight.caption.CaptionFile;
import io.med3dinsight.caption.chat.CaptionSettings.Traffic;
import io.med3dinsight.caption.chat.FakeChatServer.Reply;
import io.med3dinsight.volume.Sentences;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Services that fail: what is tried again, and what ends a run. */
class CaptionerFailuresTest extends CaptionerRuns {
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
      assertTrue(said.contains("redirects elsewhere (HTTP 307 to " + there), said);
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
}
