package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * Keeps a second process out of a run folder: two that write the same checkpoints and tables spoil
 * both. Held as a lock of the operating system on the file {@value #FILE}, so that nothing has to
 * be cleared away after a process that was killed.
 */
public final class RunLock implements AutoCloseable {
  /** Name of the file in the folder, there while a run computes. */
  static final String FILE = ".lock";

  private final Path file;
  private final FileChannel channel;

  private RunLock(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes the folder, which is made when it is not there.
   *
   * @param warnings told when the file system knows no locks, as some network file systems do
   * @throws UsageException when another run has it
   * @throws DataException when it cannot be written
   */
  public static RunLock take(Path folder, Consumer<String> warnings) {
    Path file = folder.resolve(FILE);
    try {
      Files.createDirectories(folder);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        lock(folder, file, channel, warnings);
        return new RunLock(file, channel);
      } catch (UsageException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw DataException.of(file, "opened", e);
    }
  }

  private static void lock(Path folder, Path file, FileChannel channel, Consumer<String> warnings) {
    try {
      FileLock lock = channel.tryLock();
      // The run that had it may have deleted the file after it was opened here.
      if (lock == null || !Files.exists(file)) {
        throw inUse(folder, null);
      }
    } catch (OverlappingFileLockException e) {
      throw inUse(folder, e);
    } catch (IOException e) {
      warnings.accept(
          file
              + " cannot be locked ("
              + e.getMessage()
              + "): nothing keeps a second run out of this folder.");
    }
  }

  private static UsageException inUse(Path folder, Exception cause) {
    return new UsageException(
        "Folder "
            + folder
            + " is in use by another run that has not ended: wait for it or stop it, or give"
            + " another --output.",
        cause);
  }

  @Override
  public void close() {
    try (channel) {
      // Only who holds the lock deletes the file.
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw DataException.of(file, "deleted", e);
    }
  }
}
