package io.med3dinsight.cli;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.engine.tensor.DeviceException;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command line with commands that show how it treats every command. */
final class ProbeProgram {
  private ProbeProgram() {}

  public static void main(String[] args) {
    System.exit(
        Main.run(ProbeProgram.class, List.of(Fail.class, Train.class, DoctorCommand.class), args));
  }

  /** Fails in the way it is told to. */
  @Command(name = "fail")
  static final class Fail implements Callable<Integer> {
    @Parameters private String way;

    @Override
    public Integer call() throws IOException {
      switch (way) {
        case "usage" -> throw new UsageException("The usage is wrong.");
        case "data" -> throw new DataException("The data is wrong.");
        case "checkpoint" -> throw new CheckpointException("The checkpoint is wrong.");
        case "device" -> throw new DeviceException("The device is wrong.");
        case "disk" -> throw new IOException("No space left on device");
        case "file" -> throw new UncheckedIOException(new NoSuchFileException("a.nii"));
        case "memory" -> throw new OutOfMemoryError("Java heap space");
        default -> throw new IllegalStateException("A fault.");
      }
    }
  }

  /** Loops like a training until it is told to stop. */
  @Command(name = "train")
  static final class Train implements Callable<Integer>, Computes {
    @Mixin private ComputeOptions compute;

    @Parameters(index = "0")
    private Path folder;

    @Parameters(index = "1")
    private boolean obeys;

    @Override
    public Integer call() throws IOException, InterruptedException {
      try (StopSignal stop = StopSignal.listen(Duration.ofSeconds(30))) {
        boolean vector = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        Path part = folder.resolve("ready.part");
        Files.writeString(
            part,
            ProcessHandle.current().pid() + " " + vector + " " + heap + " " + compute.device());
        Files.move(part, folder.resolve("ready"), StandardCopyOption.ATOMIC_MOVE);
        while (!obeys || !stop.getAsBoolean()) {
          TimeUnit.MILLISECONDS.sleep(20);
        }
        TimeUnit.MILLISECONDS.sleep(300);
        Files.writeString(folder.resolve("checkpoint"), "state");
        return StopSignal.EXIT_CODE;
      }
    }
  }
}
