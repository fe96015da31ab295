package io.med3dinsight.volume;

import java.nio.file.Files;
import java.nio.file.Path;

/** Scans that are too large for this repository: a folder shared/data in a folder above it. */
public final class SharedData {
  private SharedData() {}

  /** The file or folder; null where there is none. */
  public static Path find(String name) {
    for (Path p = Path.of("").toAbsolutePath(); p != null; p = p.getParent()) {
      Path file = p.resolve("shared/data").resolve(name);
      if (Files.exists(file)) {
        return file;
      }
    }
    return null;
  }
}
