package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.classification.Blobs;
import io.med3dinsight.cli.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FewLabelsCommandTest {
  @TempDir Path dir;

  private static Ended few(Path run, String... more) {
    List<String> words = new ArrayList<>(List.of("few-labels", "-o", run.toString()));
    words.addAll(List.of(more));
    return InProcess.run(FewLabelsCommand.class, words.toArray(String[]::new));
  }

  private static void assertGood(Ended ended) {
    assertEquals(0, ended.code(), ended.err());
  }

  private Path pretrained(Path data) {
    Path run = dir.resolve("first");
    List<String> words =
        new ArrayList<>(List.of("classify", "train", "-d", data.toString(), "-o", run.toString()));
    words.addAll(ClassifyCommandTest.SETTINGS);
    words.add("classification.epochs=1");
    assertGood(InProcess.run(ClassifyCommand.class, words.toArray(String[]::new)));
    return run.resolve("model.safetensors");
  }

  @Test
  void classificationGoesOnWhereItEnded() throws IOException {
    Path data = Blobs.medMnist(dir.resolve("m.npz"));
    Path run = dir.resolve("few");
    assertGood(
        few(
            run,
            "--task=classification",
            "-d",
            data.toString(),
            "--pretrained",
            pretrained(data).toString(),
            "--seeds=2",
            "percents=[10, 50]",
            "classification.network.channels=[4,8]",
            "classification.network.convolutions=1",
            "classification.network.patch=[8,8,8]",
            "classification.classification.epochs=2",
            "classification.classification.batch=4"));
    List<String> cells = Files.readAllLines(run.resolve("cells.jsonl"));
    assertEquals(8, cells.size());
    assertTrue(cells.get(0).contains("\"percent\":10.0,\"cases\":2,\"seed\":1"), cells.get(0));
    assertTrue(Files.exists(run.resolve("few-labels-auc.png")));
    assertTrue(Files.readString(run.resolve("few-labels.md")).contains("(2 seeds)"));

    // Without its last two lines, and one of those trainings undone, the rest is computed again.
    Path kept = run.resolve("cells/10-seed1-scratch/model.safetensors");
    Path undone = run.resolve("cells/50-seed2-scratch/model.safetensors");
    byte[] before = Files.readAllBytes(undone);
    Files.setLastModifiedTime(kept, FileTime.fromMillis(1000));
    Files.delete(undone);
    Files.write(run.resolve("cells.jsonl"), cells.subList(0, 6));
    assertGood(few(run, "--resume"));
    assertEquals(cells, Files.readAllLines(run.resolve("cells.jsonl")));
    assertEquals(1000, Files.getLastModifiedTime(kept).toMillis());
    org.junit.jupiter.api.Assertions.assertArrayEquals(before, Files.readAllBytes(undone));

    Ended again = few(run, "--task=classification", "-d", data.toString());
    assertEquals(2, again.code(), again.err());
    assertTrue(again.err().contains("holds a run already"), again.err());
  }

  /** A run folder brings its network along, so that its weights fit without further settings. */
  @Test
  void aPretrainingsNetworkIsTakenOver() throws IOException {
    Path data = TinyData.write(dir.resolve("data"));
    Path first = dir.resolve("first");
    assertGood(TrainCommandTest.train(first, data, TrainCommandTest.settings()));
    Path run = dir.resolve("few");
    List<String> words =
        new ArrayList<>(List.of("-d", data.toString(), "--seeds=1", "percents=[100]"));
    words.addAll(List.of("--pretrained", first.toString()));
    for (String s : TinyData.settings()) {
      if (!s.startsWith("network.")) {
        words.add("segmentation." + s);
      }
    }
    Ended ended = few(run, words.toArray(String[]::new));
    assertGood(ended);
    assertTrue(ended.err().contains("pretrained.safetensors: "), ended.err());
    assertEquals(2, Files.readAllLines(run.resolve("cells.jsonl")).size());
    Ended none = few(dir.resolve("none"), "-d", data.toString(), "--pretrained", run.toString());
    assertEquals(3, none.code());
    assertTrue(none.err().contains("holds no pretrained.safetensors"), none.err());
  }

  @Test
  void segmentationSubsetsAreNested() throws IOException {
    Path data = TinyData.write(dir.resolve("data"));
    Path run = dir.resolve("few");
    List<String> words =
        new ArrayList<>(List.of("-d", data.toString(), "--seeds=1", "--encoder=unet"));
    words.add("percents=[1, 67, 100]");
    for (String s : TinyData.settings()) {
      words.add("segmentation." + s);
    }
    assertGood(few(run, words.toArray(String[]::new)));
    List<String> cells = Files.readAllLines(run.resolve("cells.jsonl"));
    assertEquals(3, cells.size());
    Set<String> smaller = new HashSet<>();
    int[] sizes = {1, 2, 3};
    String[] names = {"1", "67", "100"};
    for (int i = 0; i < 3; i++) {
      Path split = run.resolve("cells/" + names[i] + "-seed1-scratch/split.json");
      Set<String> train = new HashSet<>();
      new ObjectMapper()
          .readTree(split.toFile())
          .path("train")
          .forEach(id -> train.add(id.asText()));
      assertEquals(sizes[i], train.size());
      assertTrue(train.containsAll(smaller));
      smaller = train;
    }
    assertTrue(Files.exists(run.resolve("few-labels-dice.png")));
  }
}
