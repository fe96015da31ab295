package io.med3dinsight.caption.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.med3dinsight.UsageException;
import io.med3dinsight.caption.Modality;
import io.med3dinsight.caption.chat.PromptTemplates.Prompt;
import io.med3dinsight.slice.Plane;
import io.med3dinsight.volume.Sentences;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Address, prompts, filter, pace and files, one by one. */
class PartsTest {
  @TempDir private Path folder;

  // ---- endpoint

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:8000/v1",
        "http://127.0.0.1:11434/v1/",
        "http://[::1]:8000/v1",
        "https://api.example.com/v1",
        "HTTPS://api.example.com/v1/chat/completions"
      })
  void theseAddressesAreTaken(String url) {
    ChatEndpoint e = ChatEndpoint.of(url, "m", null, false);
    assertTrue(e.chat().toString().endsWith("/v1/chat/completions"), e.chat().toString());
    assertFalse(e.base().endsWith("/"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://10.0.0.7:8000/v1 | --allow-plain-http",
        "http://localhost.example.com/v1 | --allow-plain-http",
        "http://127.0.0.1.example.com/v1 | --allow-plain-http",
        "http://gpu-server:8000/v1 | --allow-plain-http",
        "localhost:8000/v1 | expected http:// or https://",
        "ftp://localhost/v1 | expected http:// or https://",
        "https:///v1 | with a host",
        "https://user:secret@host/v1 | has a user",
        "https://host/v1?key=secret | has a user",
        "https://ho st/v1 | cannot be used"
      })
  void theseAddressesAreRefused(String url, String words) {
    String said =
        assertThrows(UsageException.class, () -> ChatEndpoint.of(url, "m", null, false))
            .getMessage();
    assertTrue(said.contains(words), said);
    assertFalse(said.contains("secret"), said);
  }

  @Test
  void plainHttpCanBeAllowedAndTheKeyNeverShows() {
    ChatEndpoint e = ChatEndpoint.of("http://gpu-server:8000/v1", "m", "sk-secret", true);
    assertFalse(e.toString().contains("secret"));
    assertEquals("bad key (key)", e.withoutKey("bad key sk-secret"));
    assertThrows(UsageException.class, () -> ChatEndpoint.of("http://[::1]", "m", "a\nb", false));
    assertThrows(UsageException.class, () -> ChatEndpoint.of("http://[::1]", " ", null, false));
  }

  @Test
  void fieldsOfARequestAreChecked() {
    assertThrows(UsageException.class, () -> new RequestOptions(1, 3.0, Map.of()));
    assertThrows(UsageException.class, () -> new RequestOptions(-1, 0.0, Map.of()));
    assertThrows(UsageException.class, () -> new RequestOptions(1, 0.0, Map.of("model", "\"x\"")));
    assertThrows(UsageException.class, () -> new RequestOptions(1, 0.0, Map.of("seed", "{")));
    assertThrows(UsageException.class, () -> new RequestOptions(1, 0.0, Map.of("seed", "")));
    var node = JsonNodeFactory.instance.objectNode();
    new RequestOptions(0, null, Map.of("seed", "7", "max_completion_tokens", "9")).into(node);
    assertEquals("{\"max_completion_tokens\":9,\"seed\":7}", node.toString());
  }

  // ---- prompts

  @ParameterizedTest
  @EnumSource(Modality.class)
  void everyModalityAndPlaneHasAPrompt(Modality m) {
    for (Plane p : Plane.values()) {
      Prompt prompt = PromptTemplates.standard().prompt(m, p);
      assertTrue(prompt.user().contains(p.label()), prompt.user());
      assertTrue(prompt.user().contains(m.words()), prompt.user());
      assertFalse(prompt.user().contains("{"), prompt.user());
    }
  }

  @Test
  void promptsSayHowThePictureLies() {
    String axial = PromptTemplates.standard().prompt(Modality.MRI, Plane.AXIAL).user();
    assertTrue(axial.contains("top of the picture is anterior, the bottom posterior"), axial);
    assertTrue(axial.contains("left border the patient's right side"), axial);
    String sagittal = PromptTemplates.standard().prompt(Modality.CT, Plane.SAGITTAL).user();
    assertTrue(sagittal.contains("left border anterior"), sagittal);
  }

  @Test
  void theMoreSpecialPromptWins() {
    PromptTemplates t =
        PromptTemplates.parse(
            """
            prompts:
              default: {default: d}
              mri: {default: m, axial: ma}
              mri-t1: {coronal: tc}
            """,
            "f");
    assertEquals(new Prompt("", "tc"), t.prompt(Modality.MRI_T1, Plane.CORONAL));
    assertEquals(new Prompt("", "ma"), t.prompt(Modality.MRI_T1, Plane.AXIAL));
    assertEquals(new Prompt("", "m"), t.prompt(Modality.MRI_T2, Plane.SAGITTAL));
    assertEquals(new Prompt("", "d"), t.prompt(Modality.CT, Plane.AXIAL));
    PromptTemplates ct = PromptTemplates.parse("prompts: {ct: {axial: a}}", "f");
    assertThrows(UsageException.class, () -> ct.prompt(Modality.CT, Plane.CORONAL));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "prompts: [ | not valid YAML",
        "words | no group",
        "prompts: {ctt: {axial: a}} | \"ctt\"",
        "prompts: {ct: {axal: a}} | \"axal\"",
        "prompts: {ct: {axial: \"{name} a\"}} | {name}",
        "prompts: {ct: {axial: 7}} | is no text",
        "prompts: {ct: axial} | no group",
        "{prompt: {}} | \"prompt\"",
        "{system: [], prompts: {}} | \"system\""
      })
  void badPromptFilesAreNamed(String yaml, String words) throws IOException {
    Path file = Files.writeString(folder.resolve("p.yaml"), yaml);
    Sentences.refused(() -> PromptTemplates.read(file), file.toString(), words);
  }

  @Test
  void theEditedFileIsRead() throws IOException {
    Path file = folder.resolve("p.yaml");
    Files.writeString(file, PromptTemplates.standardText().replace("medical volumes", "bones"));
    String system = PromptTemplates.read(file).prompt(Modality.CT, Plane.AXIAL).system();
    assertTrue(system.contains("slices of bones"), system);
  }

  // ---- filter

  private static String reason(String text) {
    return new AnswerFilter(3).reason(new ChatAnswer(text, "stop", 1, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "I'm sorry, but I can't assist with that.",
        "I\u2019m sorry, I cannot interpret medical images.",
        "Sorry, no medical images please.",
        "I am unable to analyze the image you sent.",
        "I can't provide a diagnosis from this picture.",
        "As an AI language model, I do not diagnose scans.",
        "Unfortunately, I cannot view images at this time.",
        "It seems that no image was provided. Please upload the image.",
        "I apologize, but this request is not something I can help with."
      })
  void refusals(String text) {
    assertEquals("refusal", reason(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "The liver is enlarged; no focal lesion can be seen.",
        "I see an axial slice of the chest. I cannot see a lesion.",
        "The image shows the hippocampus, which cannot be separated from the amygdala here.",
        "No image artefacts; the ventricles are of normal size and shape.",
        "We do not see any enhancement. The lungs are clear on both sides."
      })
  void captions(String text) {
    assertNull(reason(text));
  }

  @Test
  void emptyTruncatedAndLooping() {
    assertEquals("empty", reason("  \n "));
    assertEquals("empty", reason("A brain."));
    assertEquals(
        "truncated",
        new AnswerFilter(1).reason(new ChatAnswer("The lungs are clear and the", "length", 1, 1)));
    assertEquals("refusal", new AnswerFilter(1).reason(new ChatAnswer("", "content_filter", 1, 1)));
    String sentence = "The left lung is clear. ";
    assertEquals("loop", reason("An axial slice. " + sentence.repeat(3)));
    assertEquals("loop", reason("the left lobe of the liver and ".repeat(8)));
    assertNull(reason(sentence.repeat(2) + "The right lung holds a nodule."));
  }

  @Test
  void oneTextForManySlices() {
    AnswerFilter filter = new AnswerFilter(2);
    filter.use("The same  text for all.");
    ChatAnswer a = new ChatAnswer("the same text\nfor all.", "stop", 1, 1);
    assertNull(filter.reason(a));
    assertEquals("repeated", filter.reason(a));
    assertNull(filter.reason(new ChatAnswer("Another text for this one.", "stop", 1, 1)));
  }

  // ---- pace

  @Test
  void turnsAreEvenlySpacedAndPausesHoldAll() throws InterruptedException {
    FakeTime time = new FakeTime();
    Pace pace = new Pace(60, time);
    for (int i = 0; i < 5; i++) {
      assertTrue(pace.await(() -> false));
      assertEquals(i, time.seconds(), 1e-9);
    }
    pace.pause(Duration.ofSeconds(30));
    pace.pause(Duration.ofSeconds(10));
    assertTrue(pace.await(() -> false));
    assertEquals(34, time.seconds(), 1e-9);
    assertFalse(pace.await(() -> true));
    Pace free = new Pace(0, time);
    for (int i = 0; i < 100; i++) {
      assertTrue(free.await(() -> false));
    }
    assertEquals(34, time.seconds(), 1e-9);
  }

  @Test
  void aStopEndsWaitingSoon() throws InterruptedException {
    FakeTime time = new FakeTime();
    assertFalse(time.sleep(Duration.ofHours(1), () -> time.seconds() >= 3));
    assertTrue(time.seconds() < 3.3, time.seconds() + " s");
  }

  // ---- files

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":1}\\n{\"a\":2}\\n | {\"a\":1}\\n{\"a\":2}\\n",
        "{\"a\":1}\\n{\"a\":2} | {\"a\":1}\\n{\"a\":2}\\n",
        "{\"a\":1}\\n{\"a\": | {\"a\":1}\\n",
        "{\"a\":1}\\n7 | {\"a\":1}\\n",
        "{\"a\": | ''",
      })
  void aHalfLineIsRepaired(String before, String after) throws IOException {
    Path file = folder.resolve("lines.jsonl");
    Files.writeString(file, before.replace("\\n", "\n"));
    String kept = after.replace("\\n", "\n");
    JsonLines.open(file).close();
    assertEquals(kept, Files.readString(file));
    try (JsonLines lines = JsonLines.open(file)) {
      lines.append(JsonNodeFactory.instance.objectNode().put("b", "\u00e4\n"));
    }
    assertEquals(kept + "{\"b\":\"\u00e4\\n\"}\n", Files.readString(file));
  }

  @Test
  void aLongHalfLineIsRepaired() throws IOException {
    Path file = folder.resolve("lines.jsonl");
    Files.writeString(file, "{}\n{\"a\":\"" + "x".repeat(50_000));
    JsonLines.open(file).close();
    assertEquals("{}\n", Files.readString(file));
  }

  @Test
  void answersAreKeptAndDamagedOnesNamed() throws IOException {
    AnswerCache cache = new AnswerCache(folder.resolve("cache"));
    String key = "ab".repeat(32);
    assertNull(cache.get(key));
    ChatAnswer answer = new ChatAnswer("Text \u00e4.", "", null, 7);
    cache.put(key, answer, "m");
    assertEquals(answer, cache.get(key));
    Path file = folder.resolve("cache/ab").resolve(key + ".json");
    Files.writeString(file, "{\"text\":");
    Sentences.refused(() -> cache.get(key), file.toString(), "delete it");
    Files.writeString(file, "[]");
    Sentences.refused(() -> cache.get(key), file.toString(), "delete it");
  }
}
