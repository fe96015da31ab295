package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.caption.Caption;
import io.med3dinsight.caption.CaptionFile;
import io.med3dinsight.caption.chat.FakeChatServer;
import io.med3dinsight.caption.chat.FakeChatServer.Reply;
import io.med3dinsight.cli.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class CaptionCommandTest {
  @TempDir private Path folder;
  private Path data;
  private Path output;

  @BeforeEach
  void write() throws IOException {
    data = TinyData.write(folder.resolve("data"));
    output = folder.resolve("captions.jsonl");
  }

  private List<String> words(String url, String... more) {
    List<String> words = new ArrayList<>(List.of("caption", "--data", data.toString()));
    words.addAll(List.of("--output", output.toString(), "--slices", "2", "--size", "32"));
    words.addAll(List.of("--url", url, "--model", "m"));
    words.addAll(List.of(more));
    return words;
  }

  private Ended caption(String url, String... more) {
    return InProcess.run(CaptionCommand.class, words(url, more).toArray(String[]::new));
  }

  private static void assertRefused(int code, Ended ended, String... parts) {
    assertEquals(code, ended.code(), ended.err());
    String sentence = ended.err().strip().lines().reduce((a, b) -> b).orElse("");
    for (String part : parts) {
      assertTrue(sentence.contains(part), ended.err());
    }
  }

  private static FakeChatServer vllm() throws IOException {
    return FakeChatServer.always(FakeChatServer.vllm());
  }

  @Test
  void whatItWritesTrains() throws IOException {
    try (FakeChatServer server = vllm()) {
      Ended ended =
          caption(server.url(), "--price-input", "0.5", "--price-output", "2", "--extra", "seed=3");
      assertEquals(0, ended.code(), ended.err());
      assertTrue(ended.out().startsWith("24 captions written to " + output), ended.out());
      assertTrue(ended.out().contains("16800 tokens in, 1200 out; cost 0.0108"), ended.out());
      assertEquals(3, server.received().get(0).json().path("seed").asInt());
      // All are there.
      Ended again = caption(server.url(), "--resume", "--extra", "seed=3");
      assertTrue(again.out().startsWith("0 captions written"), again.out());
      assertEquals(24, server.received().size());
    }
    Path run = folder.resolve("run");
    Ended trained =
        TrainCommandTest.train(
            run, data, TinyData.settings("--captions", output.toString()).toArray(String[]::new));
    assertEquals(0, trained.code(), trained.err());
    List<Caption> used = CaptionFile.read(run.resolve("captions.jsonl"));
    assertEquals(
        CaptionFile.read(output).stream().map(Caption::text).toList(),
        used.stream().map(Caption::text).toList());
  }

  /** Volumes of several modalities in folders of a table, under the names of pretraining. */
  @Test
  void whatItWritesPretrains() throws IOException {
    Path scans = Files.createDirectories(folder.resolve("scans/p1"));
    Files.copy(TinyData.image(data, 0), scans.resolve("a.nii.gz"));
    Files.copy(TinyData.image(data, 1), scans.resolve("b.nii.gz"));
    Path table = folder.resolve("scans/volumes.csv");
    Files.writeString(table, "file,modality\np1/a.nii.gz,CT\np1/b.nii.gz,T1\n");
    List<String> words = new ArrayList<>();
    try (FakeChatServer server = vllm()) {
      words.addAll(words(server.url(), "--input", table.toString()));
      words.subList(1, 3).clear();
      Ended ended = InProcess.run(CaptionCommand.class, words.toArray(String[]::new));
      assertEquals(0, ended.code(), ended.err());
      for (String made : List.of("CT", "T1-weighted MRI")) {
        assertEquals(
            6,
            server.received().stream()
                .filter(r -> r.json().at("/messages/1/content/0/text").asText().contains(made))
                .count(),
            made);
      }
      Files.writeString(table, "file,modality\np1/a.nii.gz,CT\np1/b.nii.gz,\n");
      words.set(words.indexOf(output.toString()), folder.resolve("other.jsonl").toString());
      ended = InProcess.run(CaptionCommand.class, words.toArray(String[]::new));
      assertRefused(2, ended, "--modality is missing", "p1_b");
      assertEquals(12, server.received().size());
    }
    Files.writeString(table, "file,modality\np1/a.nii.gz,CT\np1/b.nii.gz,T1\n");
    words = new ArrayList<>(List.of("pretrain", "--data", table.toString()));
    words.addAll(List.of("--output", folder.resolve("pre").toString()));
    words.addAll(StagesCommandTest.before("--captions", output.toString()));
    Ended pretrained = InProcess.run(PretrainCommand.class, words.toArray(String[]::new));
    assertEquals(0, pretrained.code(), pretrained.err());
  }

  @Test
  void answersOfWhichNoneIsACaptionAreNoSuccess() throws IOException {
    Reply no = FakeChatServer.vllm("I'm sorry, but I can't help with medical images.", "stop");
    try (FakeChatServer server = FakeChatServer.always(no)) {
      assertRefused(3, caption(server.url()), "No answer is a caption", "--ask-again");
      assertRefused(3, caption(server.url(), "--resume"), "No answer is a caption");
    }
    try (FakeChatServer server = vllm()) {
      assertEquals(0, caption(server.url(), "--resume", "--ask-again").code());
    }
  }

  @Test
  void previewSendsNothing() throws IOException {
    Path preview = folder.resolve("preview");
    Ended ended =
        InProcess.run(
            CaptionCommand.class,
            "caption",
            "--input",
            TinyData.image(data, 0).toString(),
            "--modality",
            "ct",
            "--window",
            "40/500",
            "--slice",
            "axial:50%",
            "--slice",
            "coronal:1,2",
            "--preview",
            preview.toString());
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("3 pictures"), ended.out());
    try (Stream<Path> files = Files.list(preview)) {
      assertEquals(
          List.of("c0-axial-6.png", "c0-coronal-1.png", "c0-coronal-2.png", "prompts.txt"),
          files.map(p -> p.getFileName().toString()).sorted().toList());
    }
    assertTrue(
        Files.readString(preview.resolve("prompts.txt")).contains("axial slice of a CT volume"));
  }

  @Test
  void promptsArePrintedAndReadBack() throws IOException {
    Ended printed = InProcess.run(CaptionCommand.class, "caption", "--print-prompts");
    assertEquals(0, printed.code());
    Path file = Files.writeString(folder.resolve("p.yaml"), printed.out());
    try (FakeChatServer server = vllm()) {
      assertEquals(0, caption(server.url(), "--prompts", file.toString()).code());
      Files.writeString(file, "prompts: {ct: {axal: x}}");
      output = folder.resolve("other.jsonl");
      assertRefused(3, caption(server.url(), "--prompts", file.toString()), "axal");
    }
  }

  @Test
  void wrongUseIsRefused() throws IOException {
    String url = "http://localhost:9/v1";
    assertRefused(2, caption("http://10.1.2.3/v1"), "--allow-plain-http");
    assertRefused(2, caption(url, "--modality", "x-ray"), "expected one of ct, mri");
    assertRefused(2, caption(url, "--window", "lung"), "--percentiles");
    assertRefused(2, caption(url, "--percentiles", "3"), "--percentiles");
    assertRefused(2, caption(url, "--percentiles", "9,3"), "percentiles");
    assertRefused(2, caption(url, "--in-flight", "0"), "in flight");
    assertRefused(2, caption(url, "--temperature", "hot"), "--temperature");
    assertRefused(2, caption(url, "--key-env", "NO_SUCH_VARIABLE_1"), "NO_SUCH_VARIABLE_1");
    assertRefused(2, caption(url, "--input", data.toString()), "--data and --input");
    assertRefused(2, caption(url, "--slice", "axial"), "axial:10,20,50%");
    assertRefused(2, caption("127.0.0.1:9/v1"), "expected http:// or https://");
    assertFalse(Files.exists(output));
    output = data;
    assertRefused(2, caption(url), "is a folder", "captions.jsonl");
    output = folder.resolve("captions.jsonl");
    Files.writeString(output, "of an earlier run");
    assertRefused(2, caption(url), "is there already", "--resume");
    assertRefused(
        2,
        InProcess.run(CaptionCommand.class, "caption", "--input", data.toString()),
        "--output is missing");
  }

  @Test
  void failuresOfTheServiceAreOneSentence() throws IOException {
    // A variable that is there everywhere stands for the key.
    String key = System.getenv("PATH");
    Reply no = FakeChatServer.json(401, "{\"error\":{\"message\":\"Incorrect key " + key + "\"}}");
    String url;
    try (FakeChatServer server = FakeChatServer.always(no)) {
      url = server.url();
      Ended ended = caption(url, "--key-env", "PATH");
      assertRefused(2, ended, url, "refuses the key", "HTTP 401", "--key-env");
      assertFalse(ended.err().contains(key), ended.err());
      assertEquals(
          List.of("Bearer " + key), server.received().get(0).headers().get("Authorization"));
      assertFalse(Files.readString(folder.resolve("captions.log.jsonl")).contains(key));
    }
    // Nothing was written so far, so there is nothing to go on with either.
    for (String[] more : new String[][] {{"--resume"}, {}}) {
      Ended down = caption(url, more);
      assertRefused(3, down, url, "cannot be reached", "--resume");
      assertEquals(1, down.err().lines().filter(l -> l.contains("cannot be reached")).count());
    }
    Reply unknown = FakeChatServer.json(404, "{\"error\":{\"message\":\"model 'm' not found\"}}");
    try (FakeChatServer server = FakeChatServer.always(unknown)) {
      assertRefused(2, caption(server.url(), "--resume"), "no model 'm'", "it has there");
    }
  }

  // ---- signals, in a process of its own

  private Process start(String url, boolean resume) throws IOException {
    List<String> words = new ArrayList<>(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
    words.addAll(words(url, "--in-flight", "2"));
    if (resume) {
      words.add("--resume");
    }
    return Programs.start(
        Main.class, folder.resolve("out"), folder.resolve("err"), words.toArray(String[]::new));
  }

  private static void await(Process p, FakeChatServer server, int requests) throws Exception {
    while (server.received().size() < requests && p.isAlive()) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "POSIX signals")
  void stoppedAndKilledItGoesOnWithoutPayingTwice() throws Exception {
    try (FakeChatServer server =
        FakeChatServer.always(FakeChatServer.slow(150, FakeChatServer.vllm()))) {
      Process stopped = start(server.url(), false);
      await(stopped, server, 6);
      stopped.destroy();
      assertEquals(130, stopped.waitFor());
      String err = Files.readString(folder.resolve("err"));
      assertTrue(err.contains("requests in flight") && err.contains("--resume"), err);
      int paid = server.received().size();
      assertEquals(paid, CaptionFile.read(output).size());
      Process killed = start(server.url(), true);
      await(killed, server, paid + 6);
      killed.destroyForcibly().waitFor();
      int before = server.received().size();
      Process last = start(server.url(), true);
      assertEquals(0, last.waitFor());
      assertEquals(24, CaptionFile.read(output).size());
      // Only the two that were in flight when it was killed may have been asked twice.
      assertTrue(server.received().size() <= 24 + 2, server.received().size() + "");
      assertTrue(before < 24);
    }
  }
}
