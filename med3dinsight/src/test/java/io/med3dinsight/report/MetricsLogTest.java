package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {
  @TempDir Path run;

  @Test
  void readsBackWhatItWrote() throws IOException {
    Map<String, Double> series = new LinkedHashMap<>();
    series.put("loss", 0.1);
    series.put("loss.image", Double.NaN);
    series.put("gradient_norm", Double.NEGATIVE_INFINITY);
    List<MetricsLine> lines =
        List.of(
            new MetricsLine("pretrain", 0, 1, 0.25, series),
            new MetricsLine("finetune", 3, 1L << 40, 1e-3, Map.of("dice.validation", 0.75)));
    write(lines);
    assertEquals(lines, MetricsLog.read(run));
    assertEquals(
        "{\"stage\":\"pretrain\",\"epoch\":0,\"step\":1,\"seconds\":0.25,\"loss\":0.1,"
            + "\"loss.image\":\"NaN\",\"gradient_norm\":\"-Infinity\"}",
        Files.readAllLines(file()).get(0));
  }

  @Test
  void aLineIsInTheFileWhenAppendReturns() throws IOException {
    try (MetricsLog log = MetricsLog.open(run)) {
      log.append(line("pretrain", 1));
      assertEquals(1, Files.readAllLines(file()).size());
    }
  }

  @Test
  void aResumedFileEqualsAnUninterruptedOne() throws IOException {
    List<MetricsLine> all = new ArrayList<>();
    for (String stage : List.of("encoder2d", "pretrain", "finetune")) {
      for (int step = 1; step <= 12; step++) {
        all.add(line(stage, step));
      }
    }
    write(all);
    byte[] whole = Files.readAllBytes(file());
    for (int checkpoint = 0; checkpoint <= all.size(); checkpoint++) {
      MetricsLine last = all.get(Math.max(0, checkpoint - 1));
      try (MetricsLog log = MetricsLog.open(run)) {
        log.truncateAfter(last.stage(), checkpoint == 0 ? 0 : last.step());
        assertEquals(all.subList(0, checkpoint), MetricsLog.read(run));
        all.subList(checkpoint, all.size()).forEach(log::append);
      }
      assertArrayEquals(whole, Files.readAllBytes(file()), "checkpoint after line " + checkpoint);
    }
  }

  @Test
  void aStageWithoutLinesLeavesTheStagesBeforeIt() {
    write(List.of(line("encoder2d", 1), line("encoder2d", 2)));
    try (MetricsLog log = MetricsLog.open(run)) {
      log.truncateAfter("pretrain", 0);
    }
    assertEquals(2, MetricsLog.read(run).size());
  }

  @Test
  void allLinesOfTheCheckpointsStepStay() {
    MetricsLine validation = new MetricsLine("finetune", 0, 2, 3, Map.of("dice.validation", 0.5));
    write(List.of(line("finetune", 1), line("finetune", 2), validation, line("finetune", 3)));
    try (MetricsLog log = MetricsLog.open(run)) {
      log.truncateAfter("finetune", 2);
    }
    assertEquals(
        List.of(line("finetune", 1), line("finetune", 2), validation), MetricsLog.read(run));
  }

  @Test
  void aHalfLineIsDropped() throws IOException {
    write(List.of(line("pretrain", 1)));
    byte[] whole = Files.readAllBytes(file());
    Files.writeString(file(), "{\"stage\":\"pretr", StandardOpenOption.APPEND);
    assertEquals(1, MetricsLog.read(run).size());
    MetricsLog.open(run).close();
    assertArrayEquals(whole, Files.readAllBytes(file()));
  }

  @Test
  void aDamagedLineIsNamed() throws IOException {
    write(List.of(line("pretrain", 1)));
    Files.writeString(file(), "{\"stage\":\"pretrain\"}\n", StandardOpenOption.APPEND);
    DataException e = assertThrows(DataException.class, () -> MetricsLog.read(run));
    assertTrue(e.getMessage().contains("metrics.jsonl, line 2"), e.getMessage());
  }

  @Test
  void threadsDoNotTearEachOthersLines() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    try (MetricsLog log = MetricsLog.open(run)) {
      for (int t = 0; t < 4; t++) {
        String stage = "stage" + t;
        threads.add(
            new Thread(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    log.append(line(stage, i));
                  }
                }));
      }
      threads.forEach(Thread::start);
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertEquals(800, MetricsLog.read(run).size());
  }

  @Test
  void theTableHasAColumnForEverySeries() throws IOException {
    write(
        List.of(
            new MetricsLine("pretrain", 0, 1, 0.5, Map.of("loss", 2.0)),
            new MetricsLine("fine,tune", 1, 2, 1.5, Map.of("dice.train", 0.25))));
    MetricsLog.writeTable(run);
    assertEquals(
        """
        stage,epoch,step,seconds,dice.train,loss
        pretrain,0,1,0.5,,2.0
        "fine,tune",1,2,1.5,0.25,
        """,
        Files.readString(run.resolve(MetricsLog.TABLE)));
  }

  private Path file() {
    return run.resolve(MetricsLog.FILE);
  }

  private void write(List<MetricsLine> lines) {
    try (MetricsLog log = MetricsLog.open(run)) {
      lines.forEach(log::append);
    }
  }

  private static MetricsLine line(String stage, long step) {
    return new MetricsLine(
        stage, (int) step / 4, step, step / 8.0, Map.of("loss", 1.0 / (step + 1)));
  }
}
