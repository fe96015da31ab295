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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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
    assertFalse(Files.exists(run.resolve("captions.jsonl")));
  }
}
