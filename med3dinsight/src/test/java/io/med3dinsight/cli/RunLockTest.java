package io.med3dinsight.cli;

import static io.med3dinsight.cli.TrainCommandTest.assertRefused;
import static io.med3dinsight.cli.TrainCommandTest.settings;
import static io.med3dinsight.cli.TrainCommandTest.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.pipeline.RunLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two runs do not share a folder. */
class RunLockTest {
  @TempDir private Path folder;

  @Test
  void aFolderInUseIsRefusedToOtherProcessesAndLeftAsItIs() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path run = folder.resolve("run");
    String inUse = "Folder " + run + " is in use by another run";
    try (RunLock lock = RunLock.take(run, Assertions::fail)) {
      Ended other =
          Programs.run(
              Main.class,
              "-Dmed3dinsight.relaunch=false",
              "train",
              "--data",
              data.toString(),
              "--output",
              run.toString());
      assertRefused(2, inUse, other);
      assertRefused(2, inUse, train(run, data, settings()));
      assertEquals(List.of(".lock"), names(run));
    }
    assertTrue(names(run).isEmpty());
  }

  @Test
  void anAblationInUseIsRefused() {
    Path run = folder.resolve("run");
    try (RunLock lock = RunLock.take(run, Assertions::fail)) {
      Ended other = InProcess.run(AblateCommand.class, "ablate", "--output", run.toString());
      assertRefused(2, "is in use by another run", other);
    }
  }

  @Test
  void theFileOfAKilledRunDoesNotKeepTheNextOneOut() throws IOException {
    Path run = Files.createDirectories(folder.resolve("run"));
    Files.createFile(run.resolve(".lock"));
    RunLock.take(run, w -> fail(w)).close();
    assertFalse(Files.exists(run.resolve(".lock")));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(p -> p.getFileName().toString()).toList();
    }
  }
}
