package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.encoder2d.clip.Fixtures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training whose slices and texts are embedded by a small BiomedCLIP from a folder. */
class ClipTrainTest {
  @TempDir private Path folder;

  private Ended train(Path run, Path clip, String... more) throws IOException {
    List<String> words = new ArrayList<>(List.of("--clip", clip.toString()));
    words.addAll(TinyData.settings(more));
    Path data = TinyData.write(folder.resolve("data-" + run.getFileName()));
    return TrainCommandTest.train(run, data, words.toArray(String[]::new));
  }

  private static List<Path> embeddings(Path of) throws IOException {
    try (Stream<Path> files = Files.list(of)) {
      return files.toList();
    }
  }

  @Test
  void aFolderReplacesTheTrainedEncoder() throws IOException {
    Path clip = Fixtures.biomedClip(folder.resolve("biomedclip"));
    Path cache = folder.resolve("cache");
    Path first = folder.resolve("first");
    Ended ended = train(first, clip, "clip.cache=" + cache);
    assertEquals(0, ended.code(), ended.err());
    assertFalse(Files.exists(first.resolve("encoder2d.safetensors")));
    assertTrue(Files.exists(first.resolve("pretrained.safetensors")));
    JsonNode metrics = new ObjectMapper().readTree(first.resolve("metrics.json").toFile());
    assertTrue(metrics.path("encoder2d").path("test").path("slices").asInt() > 0, "" + metrics);
    List<Path> kept = embeddings(cache);
    assertEquals(1, kept.size());
    assertTrue(kept.get(0).getFileName().toString().startsWith("biomedclip-"), "" + kept);
    long size = Files.size(kept.get(0));

    Path second = folder.resolve("second");
    ended = train(second, clip, "clip.cache=" + cache);
    assertEquals(0, ended.code(), ended.err());
    assertEquals(size, Files.size(kept.get(0)), "nothing was embedded again");
    assertArrayEquals(
        Files.readAllBytes(first.resolve("pretrained.safetensors")),
        Files.readAllBytes(second.resolve("pretrained.safetensors")),
        "computed and cached embeddings give the same bits");
  }

  @Test
  void aFolderThatLacksAFileEndsTheRunBeforeItComputes() throws IOException {
    Path clip = Fixtures.biomedClip(folder.resolve("biomedclip"));
    Files.delete(clip.resolve("vocab.txt"));
    Path run = folder.resolve("run");
    Ended ended = train(run, clip);
    assertEquals(3, ended.code(), ended.err());
    assertTrue(ended.err().contains("expected vocab.txt or tokenizer.json"), ended.err());
    assertFalse(ended.err().contains("for training"), "volumes were prepared: " + ended.err());
    assertFalse(Files.exists(run.resolve("captions.jsonl")));
  }

  @Test
  void weightsOfAnotherSizeEndTheRunBeforeItComputes() throws IOException {
    Path clip = Fixtures.biomedClip(folder.resolve("biomedclip"));
    Path config = clip.resolve("open_clip_config.json");
    String text = Files.readString(config);
    String other = text.replaceFirst("\"embed_dim\": *\\d+", "\"embed_dim\": 24");
    assertFalse(other.equals(text), text);
    Files.writeString(config, other);
    Ended ended = train(folder.resolve("run"), clip);
    assertEquals(3, ended.code(), ended.err());
    assertTrue(ended.err().contains("do not belong to the configuration"), ended.err());
    assertFalse(ended.err().contains("measure"), "volumes were read: " + ended.err());
  }

  @Test
  void anAblationEmbedsWithTheFolder() throws IOException {
    Path clip = Fixtures.biomedClip(folder.resolve("biomedclip"));
    Path data = TinyData.write(folder.resolve("data"));
    Path out = folder.resolve("out");
    List<String> words =
        new ArrayList<>(
            List.of("ablate", "--output", out.toString(), "--data", data.toString(), "--clip"));
    words.addAll(List.of(clip.toString(), "--starts=full", "--alignments=partial_ot"));
    words.addAll(List.of("--captions=clean", "--labels=1", "--seeds=1"));
    words.addAll(TinyData.settings());
    Path vocabulary = clip.resolve("vocab.txt");
    Path away = folder.resolve("vocab.txt");
    Files.move(vocabulary, away);
    Ended ended = InProcess.run(AblateCommand.class, words.toArray(String[]::new));
    assertEquals(3, ended.code(), ended.err());
    assertTrue(ended.err().contains("expected vocab.txt or tokenizer.json"), ended.err());
    Files.move(away, vocabulary);
    ended = InProcess.run(AblateCommand.class, words.toArray(String[]::new));
    assertEquals(0, ended.code(), ended.err());
    try (Stream<Path> files = Files.walk(out)) {
      assertEquals(1, files.filter(f -> f.toString().endsWith(".embeddings")).count());
    }
    assertEquals(1, Files.readAllLines(out.resolve("cells.jsonl")).size());
  }

  @Test
  void fewLabelsSaysWhereAFolderBelongs() {
    Ended ended =
        InProcess.run(
            FewLabelsCommand.class, "few-labels", "-o", folder + "/few", "--clip", "somewhere");
    assertEquals(2, ended.code(), ended.err());
    assertTrue(ended.err().contains("train --clip somewhere"), ended.err());
    assertTrue(ended.err().contains("--pretrained"), ended.err());
    assertFalse(Files.exists(folder.resolve("few")));
  }

  @Test
  void aFileThatWouldRunAProgramIsRefused() throws IOException {
    Path clip = Fixtures.biomedClip(folder.resolve("biomedclip"));
    Path proof = folder.resolve("proof");
    String call = "touch " + proof;
    // Protocol 2: the name, a text behind its length, a tuple of it, the call.
    String pickle =
        "\u0080\u0002cposix\nsystem\nX" + (char) call.length() + "\0\0\0" + call + "\u0085R.";
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(clip.resolve("open_clip_pytorch_model.bin")))) {
      // Stored, as torch.save does; anything else is refused before it is unpickled.
      byte[] bytes = pickle.getBytes(StandardCharsets.ISO_8859_1);
      CRC32 crc = new CRC32();
      crc.update(bytes);
      ZipEntry entry = new ZipEntry("archive/data.pkl");
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(bytes.length);
      entry.setCrc(crc.getValue());
      zip.putNextEntry(entry);
      zip.write(bytes);
    }
    Ended ended = train(folder.resolve("run"), clip);
    assertEquals(3, ended.code(), ended.err());
    assertTrue(ended.err().contains("posix.system"), ended.err());
    assertTrue(ended.err().contains("open_clip_pytorch_model.bin"), ended.err());
    assertFalse(Files.exists(proof));
  }
}
