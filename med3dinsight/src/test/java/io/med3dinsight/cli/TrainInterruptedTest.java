package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed or stopped, and resumed, in processes of its own. */
@Timeout(180)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "POSIX signals")
class TrainInterruptedTest {
  @TempDir Path folder;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void endAll() {
    started.forEach(Process::destroyForcibly);
  }

  private Process start(Path run, boolean resume) throws IOException {
    // Short-lived processes: the optimising compiler would only be in the way.
    List<String> words =
        new ArrayList<>(
            List.of("-Dmed3dinsight.relaunch=false", "-Xmx512m", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of("train", "--output", run.toString()));
    words.addAll(resume ? List.of("--resume") : settings());
    Process p =
        Programs.start(
            Main.class, folder.resolve("out"), folder.resolve("err"), words.toArray(String[]::new));
    started.add(p);
    return p;
  }

  private List<String> settings() {
    List<String> words = TinyData.settings("checkpointSeconds=1", "finetune.epochs=12");
    words.addAll(List.of("--data", folder.resolve("data").toString()));
    return words;
  }

  private void await(Process p, Path file) throws Exception {
    while (!Files.exists(file)) {
      assertTrue(p.isAlive() || Files.exists(file), () -> "ended before " + file + ": " + err());
      TimeUnit.MILLISECONDS.sleep(2);
    }
  }

  private String err() {
    try {
      return Files.readString(folder.resolve("err"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private void assertEndsWell(Process p) throws InterruptedException {
    assertEquals(0, p.waitFor(), this::err);
  }

  @Test
  void killedAndStoppedAtManyMomentsItEndsTheSame() throws Exception {
    TinyData.write(folder.resolve("data"));
    Path whole = folder.resolve("whole");
    assertEndsWell(start(whole, false));
    Path run = folder.resolve("run");
    boolean resume = false;
    for (String moment :
        List.of(
            "config.yaml",
            "encoder2d.safetensors",
            "checkpoints/pretrain-last.safetensors",
            "checkpoints/finetune-best.safetensors",
            "predictions/c3.nii.gz")) {
      Process p = start(run, resume);
      await(p, run.resolve(moment));
      p.destroyForcibly().waitFor();
      resume = true;
      if (moment.startsWith("checkpoints/pretrain")) {
        p = start(run, true);
        await(p, run.resolve("pretrained.safetensors"));
        p.destroy();
        assertEquals(StopSignal.EXIT_CODE, p.waitFor(), this::err);
        assertTrue(err().contains("go on with: train --resume"), err());
      }
    }
    assertEndsWell(start(run, true));
    for (String file :
        List.of(
            "captions.jsonl",
            "encoder2d.safetensors",
            "pretrained.safetensors",
            "model.safetensors",
            "checkpoints/finetune-best.safetensors",
            "checkpoints/finetune-last.safetensors",
            "metrics.json",
            "predictions/c3.nii.gz")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(run.resolve(file)), file);
    }
    assertEquals(log(whole), log(run));
  }

  /** The lines of the log without the time, which is another one each time. */
  private static List<String> log(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(l -> l.replaceFirst("\"seconds\":[^,]*,", ""))
        .toList();
  }
}
