package io.med3dinsight.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
  private static final double TIME = 1.7e9;

  @TempDir Path folder;

  /** The fixture is made by TensorBoard's own writer (oracle/tensorboard_events.py). */
  @Test
  void theBytesAreThoseOfTensorBoardsWriter() throws IOException {
    try (EventFile events = EventFile.create(folder, TIME)) {
      Map<String, Double> first = new LinkedHashMap<>();
      first.put("loss", 0.75);
      first.put("dice.links", 1e-3);
      events.scalars(TIME + 0.5, 1, first);
      events.scalars(TIME + 2, 300, Map.of("loss", Double.NaN));
      events.forget(TIME + 3, 2);
      events.scalars(TIME + 4, 1L << 40, Map.of("gr\u00f6\u00dfe", Double.POSITIVE_INFINITY));
    }
    try (InputStream in = EventFileTest.class.getResourceAsStream("events.bin")) {
      assertNotNull(in, "events.bin");
      assertArrayEquals(in.readAllBytes(), Files.readAllBytes(files(folder).get(0)));
    }
  }

  @Test
  void sessionsOfOneSecondGetFilesInTheirOrder() throws IOException {
    Clock clock = Clock.fixed(Instant.ofEpochSecond(1_700_000_000), ZoneOffset.UTC);
    for (int session = 0; session < 3; session++) {
      try (EventFiles events = new EventFiles(folder, clock)) {
        events.append(new MetricsLine("fine tune/1", 0, session, 0, Map.of("loss", 1.0)));
      }
    }
    List<Path> files = files(folder.resolve("tensorboard/fine_tune_1"));
    assertEquals(
        List.of(
            "events.out.tfevents.1700000000.med3dinsight",
            "events.out.tfevents.1700000000.med3dinsight.1",
            "events.out.tfevents.1700000000.med3dinsight.2"),
        files.stream().map(f -> f.getFileName().toString()).toList());
  }

  @Test
  void aLogThatIsTakenBackHasTensorBoardForgetTheSame() throws IOException {
    try (MetricsLog log = MetricsLog.open(folder)) {
      for (int step = 1; step <= 5; step++) {
        log.append(new MetricsLine("pretrain", 0, step, step, Map.of("loss", 1.0 / step)));
      }
      log.append(new MetricsLine("finetune", 0, 1, 1, Map.of("loss", 1.0)));
      log.truncateAfter("pretrain", 3);
    }
    assertEquals(4, forgotten("pretrain"), "the first step that is dropped");
    assertEquals(1, forgotten("finetune"), "a stage that is dropped as a whole");
  }

  /** The step of the last event, which must be one that begins a session. */
  private long forgotten(String stage) throws IOException {
    byte[] bytes = Files.readAllBytes(files(folder.resolve("tensorboard/" + stage)).get(0));
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    byte[] last = new byte[0];
    while (in.hasRemaining()) {
      last = new byte[(int) in.getLong()];
      in.getInt();
      in.get(last).getInt();
    }
    // wall_time (tag 9), step (tag 16), session_log (tag 58, 2 bytes: status, START).
    assertEquals(15, last.length);
    assertEquals(16, last[9]);
    assertArrayEquals(new byte[] {58, 2, 8, 1}, Arrays.copyOfRange(last, 11, 15));
    return last[10];
  }

  @Test
  void anEmptyLogLeavesNoFolder() {
    MetricsLog.open(folder).close();
    assertTrue(Files.notExists(folder.resolve("tensorboard")));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
