package io.med3dinsight.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LineProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong seconds = new AtomicLong();

  @Test
  void aLinePerIntervalWithTheTimeLeft() {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Progress progress =
        new LineProgress(
            out, Duration.ofSeconds(10), () -> Duration.ofSeconds(seconds.get()).toNanos());
    try (Progress.Task task = progress.start("pretrain", 100, "batches")) {
      task.message("loss 0.5");
      for (int i = 0; i < 25; i++) {
        seconds.incrementAndGet();
        task.step();
      }
      progress.say("checkpoint written");
    }
    assertEquals(
        "pretrain: 10/100 batches, 0:10, 1:30 left, loss 0.5\n"
            + "pretrain: 20/100 batches, 0:20, 1:20 left, loss 0.5\n"
            + "checkpoint written\n"
            + "pretrain: 25/100 batches, 0:25, 1:15 left, loss 0.5\n",
        bytes.toString(StandardCharsets.UTF_8).replace("\r\n", "\n"));
  }

  @Test
  void barsShowTaskStepAndMessage() {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Progress progress = new TerminalProgress(out, 120);
    try (Progress.Task task = progress.start("pretrain", 4, "batches")) {
      task.step(3);
      task.message("loss 0.5");
      progress.say("checkpoint written");
    }
    String text = bytes.toString(StandardCharsets.UTF_8);
    assertEquals(true, text.contains("checkpoint written"), text);
    assertEquals(true, text.contains("3/4 batches"), text);
    assertEquals(true, text.contains("loss 0.5"), text);
  }

  @Test
  void clockShowsHoursWhenThereAreAny() {
    assertEquals("0:05", LineProgress.clock(Duration.ofSeconds(5).toNanos()));
    assertEquals("2:01:00", LineProgress.clock(Duration.ofMinutes(121).toNanos()));
  }
}
