package io.med3dinsight.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What there is of CUDA on this machine, told from files alone: nothing native is loaded.
 *
 * @param driver where libcuda was found, or that it was not
 * @param devices the graphics cards' device files
 * @param backend what the program makes of it
 */
record CudaProbe(String driver, List<String> devices, String backend) {
  private static final String LIBRARY = "libcuda.so.1";
  private static final String[] FOLDERS = {
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib/wsl/lib",
    "/usr/local/cuda/compat"
  };

  static CudaProbe run() {
    return new CudaProbe(
        findDriver(),
        findDevices(Path.of("/dev")),
        "not part of this version, which computes on the CPU only; --device cuda ends with exit"
            + " code "
            + Failure.DEVICE);
  }

  private static String findDriver() {
    List<String> folders = new ArrayList<>(List.of(FOLDERS));
    String path = System.getenv("LD_LIBRARY_PATH");
    if (path != null) {
      folders.addAll(0, List.of(path.split(":", -1)));
    }
    return folders.stream()
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, LIBRARY))
        .filter(Files::exists)
        .map(Path::toString)
        .findFirst()
        .orElse(LIBRARY + " not found in the usual folders and LD_LIBRARY_PATH");
  }

  private static List<String> findDevices(Path dev) {
    if (!Files.isDirectory(dev)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(dev)) {
      return files.map(Path::toString).filter(f -> f.matches(".*/nvidia\\d+")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
