package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pretraining and fine-tuning of an nnFormer, killed, stopped and resumed in their own processes.
 */
@Timeout(180)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "POSIX signals")
class StagesInterruptedTest {
  private static final String[] NETWORK = {
    "checkpointSeconds=1",
    "network.type=nnformer",
    "network.transformer.embedding=8",
    "network.transformer.heads=[1,2,2,4]",
    "network.patch=[8,12,16]"
  };

  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endAll() {
    started.forEach(Process::destroyForcibly);
  }

  private Process start(String command, Path run, List<String> settings) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of("-Dmed3dinsight.relaunch=false", "-Xmx512m", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of(command, "--output", run.toString()));
    words.addAll(settings);
    Process p =
        Programs.start(
            Main.class, folder.resolve("out"), folder.resolve("err"), words.toArray(String[]::new));
    started.add(p);
    return p;
  }

  private String err() {
    try {
      return Files.readString(folder.resolve("err"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void whole(String command, Path run, List<String> settings) throws Exception {
    assertEquals(0, start(command, run, settings).waitFor(), this::err);
  }

  /** Kills the run when it has come to the moment, stops it in the stage, and ends it. */
  private void interrupted(
      String command, Path run, List<String> settings, String stage, String moment)
      throws Exception {
    Process p = start(command, run, settings);
    await(p, () -> Files.exists(run.resolve(moment)));
    p.destroyForcibly().waitFor();
    long before = epochs(run, stage);
    p = start(command, run, List.of("--resume"));
    // Further than it was: so it is in the middle of the stage, and listens.
    await(p, () -> epochs(run, stage) > before);
    p.destroy();
    assertEquals(StopSignal.EXIT_CODE, p.waitFor(), this::err);
    assertTrue(err().contains("go on with: " + command + " --resume"), err());
    whole(command, run, List.of("--resume"));
  }

  private static long epochs(Path run, String stage) {
    Path log = run.resolve("metrics.jsonl");
    if (!Files.exists(log)) {
      return 0;
    }
    try {
      return Files.readAllLines(log).stream()
          .filter(l -> l.contains("\"stage\":\"" + stage + "\""))
          .count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void await(Process p, BooleanSupplier moment) throws Exception {
    while (!moment.getAsBoolean()) {
      assertTrue(p.isAlive() || moment.getAsBoolean(), () -> "ended too early: " + err());
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private static void assertSame(Path one, Path other, String... files) throws IOException {
    for (String file : files) {
      assertArrayEquals(
          Files.readAllBytes(one.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
    }
    assertEquals(log(one), log(other));
  }

  /** The lines of the log without the time, which is another one each time. */
  private static List<String> log(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(l -> l.replaceFirst("\"seconds\":[^,]*,", ""))
        .toList();
  }

  @Test
  void interruptedItEndsTheSame() throws Exception {
    Path data = TinyData.write(folder.resolve("data"));
    List<String> settings = StagesCommandTest.before(NETWORK);
    settings.addAll(List.of("pretrain.epochs=60", "--data", data.toString()));
    Path pre = folder.resolve("pre");
    whole("pretrain", pre, settings);
    Path run = folder.resolve("pre2");
    interrupted("pretrain", run, settings, "pretrain", "encoder2d.safetensors");
    assertSame(
        pre,
        run,
        "captions.jsonl",
        "pretrained.safetensors",
        "encoder.safetensors",
        "checkpoints/pretrain-last.safetensors");

    List<String> labelled =
        StagesCommandTest.finetuning("finetune.epochs=40", "checkpointSeconds=1");
    labelled.addAll(List.of("--data", data.toString(), "--from", pre.toString()));
    Path fine = folder.resolve("fine");
    whole("finetune", fine, labelled);
    Path again = folder.resolve("fine2");
    interrupted("finetune", again, labelled, "finetune", "checkpoints/finetune-best.safetensors");
    assertSame(
        fine,
        again,
        "model.safetensors",
        "checkpoints/finetune-last.safetensors",
        "metrics.json",
        "predictions/c3.nii.gz");
  }
}
