package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
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

/** The two processes of a command that computes, and the signals between them. */
@Timeout(60)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "POSIX signals")
class LauncherTest {
  @TempDir Path folder;
  private final List<ProcessHandle> started = new ArrayList<>();

  /** What the probe says about the process it computes in. */
  private record Ready(Process launcher, ProcessHandle computing, boolean vector, long heapMib) {}

  @AfterEach
  void endAll() {
    started.forEach(ProcessHandle::destroyForcibly);
  }

  private Ready train(boolean obeys, String... java) throws Exception {
    List<String> args = new ArrayList<>(List.of(java));
    args.addAll(List.of("train", folder.toString(), Boolean.toString(obeys)));
    Process launcher =
        Programs.start(
            ProbeProgram.class,
            folder.resolve("out"),
            folder.resolve("err"),
            args.toArray(String[]::new));
    started.add(launcher.toHandle());
    Path ready = folder.resolve("ready");
    while (!Files.exists(ready)) {
      assertTrue(launcher.isAlive(), () -> "ended early: " + read("err"));
      TimeUnit.MILLISECONDS.sleep(20);
    }
    String[] facts = Files.readString(ready).split(" ", -1);
    ProcessHandle computing = ProcessHandle.of(Long.parseLong(facts[0])).orElseThrow();
    started.add(computing);
    return new Ready(launcher, computing, Boolean.parseBoolean(facts[1]), Long.parseLong(facts[2]));
  }

  private String read(String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void signal(String name, ProcessHandle... processes) throws Exception {
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    for (ProcessHandle process : processes) {
      command.add(Long.toString(process.pid()));
    }
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
  }

  private void assertStoppedWithCheckpoint(Ready ready) throws Exception {
    assertEquals(StopSignal.EXIT_CODE, ready.launcher().waitFor(), () -> read("err"));
    assertEquals("state", read("checkpoint"));
    assertFalse(ready.computing().isAlive());
  }

  @Test
  void termIsPassedOnAndTheCheckpointAwaited() throws Exception {
    Ready ready = train(true);
    assertNotEquals(ready.launcher().pid(), ready.computing().pid());
    assertTrue(ready.vector());
    signal("TERM", ready.launcher().toHandle());
    assertStoppedWithCheckpoint(ready);
  }

  @Test
  void ctrlCReachesBothAndCountsOnce() throws Exception {
    Ready ready = train(true);
    signal("INT", ready.launcher().toHandle(), ready.computing());
    assertStoppedWithCheckpoint(ready);
  }

  @Test
  void aSecondSignalEndsAtOnce() throws Exception {
    Ready ready = train(false);
    signal("INT", ready.launcher().toHandle());
    TimeUnit.MILLISECONDS.sleep(900);
    assertTrue(ready.launcher().isAlive());
    signal("INT", ready.launcher().toHandle());
    assertEquals(StopSignal.EXIT_CODE, ready.launcher().waitFor());
    assertFalse(Files.exists(folder.resolve("checkpoint")));
  }

  @Test
  void theComputingProcessDoesNotOutliveTheLauncher() throws Exception {
    Ready ready = train(true);
    ready.launcher().destroyForcibly().waitFor();
    ready.computing().onExit().get(20, TimeUnit.SECONDS);
    assertEquals("state", read("checkpoint"));
  }

  @Test
  void heapFlagsOfTheUserStay() throws Exception {
    Ready given = train(true, "-Xmx100m");
    assertEquals(100, given.heapMib(), 4);
    signal("TERM", given.launcher().toHandle());
    assertStoppedWithCheckpoint(given);
  }

  @Test
  void inOneProcessWhenAskedTo() throws Exception {
    Ready ready = train(true, "-Dmed3dinsight.relaunch=false");
    assertEquals(ready.launcher().pid(), ready.computing().pid());
    assertFalse(ready.vector());
    signal("TERM", ready.launcher().toHandle());
    assertStoppedWithCheckpoint(ready);
  }
}
