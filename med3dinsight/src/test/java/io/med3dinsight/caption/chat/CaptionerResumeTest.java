package io.med3dinsight.caption.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.volume.Sentences;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs that were stopped, and the cache of answers. */
class CaptionerResumeTest extends CaptionerRuns {
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

  @Test
  void anotherRunMayNotWriteTheSameFile() throws IOException {
    try (FakeChatServer server = FakeChatServer.always(FakeChatServer.vllm());
        JsonLines held = JsonLines.open(output)) {
      Sentences.refused(() -> run(server, 1), output.toString(), "another run");
      assertEquals(0, server.received().size());
    }
  }
}
