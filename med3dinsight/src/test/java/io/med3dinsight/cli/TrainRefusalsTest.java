package io.med3dinsight.cli;

import static io.med3dinsight.cli.TrainCommandTest.assertGood;
import static io.med3dinsight.cli.TrainCommandTest.assertRefused;
import static io.med3dinsight.cli.TrainCommandTest.captions;
import static io.med3dinsight.cli.TrainCommandTest.settings;
import static io.med3dinsight.cli.TrainCommandTest.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.cli.Programs.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ends a run before anything is computed, and that nothing is left of it. */
class TrainRefusalsTest {
  @TempDir private Path folder;

  @Test
  void captionsThatCannotBeUsedAreRefusedAndNotKept() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path run = folder.resolve("run");
    Path file = captions(folder.resolve("captions.jsonl"), "c0", "c1", "c2");
    String good = Files.readString(file);
    String[] settings = settings("describe.captions=" + file);
    Files.writeString(file, good.replaceFirst("\"slice\":9", "\"slice\":99"));
    assertRefused(3, file + " describes ", train(run, data, settings));
    Files.writeString(file, good.replaceFirst("\"slice\":9", "\"slice\":-1"));
    assertRefused(3, file + ", line 10 is not a caption", train(run, data, settings));
    Files.writeString(file, good.replaceFirst("\"plane\":\"axial\"", "\"plane\":\"oblique\""));
    assertRefused(3, file + ", line 1 is not a caption", train(run, data, settings));
    Files.writeString(file, good.replaceFirst(",\"text\":\"[^\"]*\"", ""));
    assertRefused(3, file + ", line 1 is not a caption", train(run, data, settings));
    Files.writeString(file, good.replaceFirst("\"volume\":\"c0\",", ""));
    assertRefused(3, file + ", line 1 is not a caption", train(run, data, settings));
    Files.writeString(file, good.replace("\"c1\"", "\"c9\""));
    Ended unknown = train(run, data, settings);
    assertRefused(3, file + " describes c9, but ", unknown);
    assertFalse(unknown.err().contains("measure"), "volumes were read: " + unknown.err());
    Files.writeString(file, good.replaceAll("(?m)^.*\"c1\".*\\R", ""));
    assertRefused(3, "no slice of training case c1", train(run, data, settings));
    Files.delete(file);
    assertRefused(3, file.toString(), train(run, data, settings));
    assertFalse(Files.exists(run.resolve("captions.jsonl")));
    // Put right, the same folder serves.
    Files.writeString(file, good);
    assertGood(train(run, data, settings));
  }

  @Test
  void wrongUseIsRefused() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path run = folder.resolve("run");
    Path none = folder.resolve("none");
    assertRefused(2, "no run to resume", train(none, data, "--resume"));
    assertRefused(2, "pretrain.epochs", train(none, data, "pretrain.epoch=3"));
    assertRefused(2, "pretrain.mass", train(none, data, "pretrain.mass=2"));
    assertRefused(2, "pretrain.warmup", train(none, data, "pretrain.warmup=-1"));
    assertRefused(2, "finetune.foregroundShare", train(none, data, "finetune.foregroundShare=2"));
    assertRefused(2, "whole number", train(none, data, "finetune.epochs=many"));
    assertRefused(2, "7x7x7", train(none, data, settings("network.patch=[7,7,7]")));
    assertRefused(2, "device", train(none, data, settings("--device", "abacus")));
    assertFalse(Files.exists(none.resolve("config.yaml")));
    assertGood(train(run, data, settings("pretrain.enabled=false")));
    byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
    assertRefused(2, "holds a run already", train(run, data, settings()));
    assertRefused(2, "keeps its settings", train(run, data, "--resume", "finetune.epochs=9"));
    assertRefused(2, "keeps its settings", train(run, data, "--resume", "--seed", "9"));
    assertGood(train(run, data, "--resume", "finetune.epochs=2"));
    assertGood(train(run, null, "--resume"));
    assertArrayEquals(model, Files.readAllBytes(run.resolve("model.safetensors")));
  }

  @Test
  void damagedCheckpointsAreNamed() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path run = folder.resolve("run");
    assertGood(train(run, data, settings()));
    Path model = run.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(model);
    for (Path file :
        List.of(
            model,
            run.resolve("checkpoints/finetune-last.safetensors"),
            run.resolve("pretrained.safetensors"),
            run.resolve("encoder2d.safetensors"))) {
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      assertRefused(3, file.toString(), train(run, null, "--resume"));
      Files.write(file, bytes);
      Files.deleteIfExists(model);
    }
    assertGood(train(run, null, "--resume"));
    assertArrayEquals(whole, Files.readAllBytes(model));
  }

  /** What is left of a run that was refused: nothing. */
  private static void assertNothingLeft(Path run) throws IOException {
    if (Files.exists(run)) {
      try (Stream<Path> entries = Files.list(run)) {
        assertEquals(List.of(), entries.toList());
      }
    }
  }

  private int refused;

  private interface Damage {
    Path apply(Path data) throws IOException;
  }

  private void refused(String part, Damage damage) throws IOException {
    int number = ++refused;
    Path data = TinyData.write(folder.resolve("data" + number));
    Path file = damage.apply(data);
    Path run = folder.resolve("run" + number);
    Ended ended = train(run, data, settings());
    assertRefused(3, part, ended);
    assertTrue(ended.err().contains(file.getFileName().toString()), ended.err());
    assertFalse(ended.err().contains("encoder2d: "), "found late: " + ended.err());
    assertNothingLeft(run);
  }

  @Test
  void datasetsThatCannotBeReadAreRefused() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path run = folder.resolve("run");
    assertRefused(3, empty + " is empty", train(run, empty));
    assertRefused(3, "does not exist", train(run, folder.resolve("nowhere")));
    assertNothingLeft(run);
    refused("has no dataset.json", d -> deleted(d.resolve("dataset.json")));
    refused("is not valid JSON", d -> Files.writeString(d.resolve("dataset.json"), "{\"name\": "));
    refused("is missing, although", d -> deleted(TinyData.label(d, 2)));
    refused(
        "no case for testing",
        d -> {
          Files.writeString(d.resolve("splits.json"), "{\"train\":[\"c0\",\"c1\"],\"test\":[]}");
          return d;
        });
  }

  private static Path deleted(Path file) throws IOException {
    Files.delete(file);
    return file;
  }

  /** Both in a training case and in the test case, which is needed last of all. */
  @Test
  void damagedFilesAreReportedBeforeAnythingIsTrained() throws IOException {
    for (int i : new int[] {1, 3}) {
      String c = "c" + i + ".nii.gz";
      refused("imagesTr/" + c, d -> DamagedFiles.truncated(TinyData.image(d, i)));
      refused("labelsTr/" + c, d -> DamagedFiles.truncated(TinyData.label(d, i)));
      refused(c + " ", d -> DamagedFiles.enormous(TinyData.image(d, i)));
      refused("c" + i + ": the image", d -> DamagedFiles.otherShape(TinyData.label(d, i)));
      refused("c" + i + ": the label", d -> DamagedFiles.unknownLabel(TinyData.label(d, i)));
      refused(c, d -> DamagedFiles.notANumber(TinyData.image(d, i)));
    }
  }
}
