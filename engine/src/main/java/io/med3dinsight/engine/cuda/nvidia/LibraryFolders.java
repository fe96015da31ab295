package io.med3dinsight.engine.cuda.nvidia;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The folders where NVIDIA's libraries may be: those of the property {@code med3dinsight.cuda.path}
 * first, then those of the system's loader, then those where installers put them.
 */
final class LibraryFolders {
  /** Folders to look into first, separated as in a class path. */
  static final String PROPERTY = "med3dinsight.cuda.path";

  private static final String[] LINUX = {
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/lib/wsl/lib",
    "/usr/local/nvidia/lib64",
    "/usr/local/cuda/lib64",
    "/usr/local/cuda-12/lib64",
    "/usr/local/cuda/compat",
    "/opt/cuda/lib64",
    "/run/opengl-driver/lib"
  };

  private final List<Path> folders;

  LibraryFolders(List<Path> folders) {
    this.folders = List.copyOf(folders);
  }

  /** This machine's folders, in the order in which they are searched. */
  static LibraryFolders ofSystem() {
    boolean windows = Platform.current().windows();
    Set<Path> all = new LinkedHashSet<>();
    addList(all, System.getProperty(PROPERTY));
    if (windows) {
      addList(all, System.getenv("PATH"));
      String root = System.getenv("SystemRoot");
      addList(all, (root == null ? "C:\\Windows" : root) + "\\System32");
    } else {
      addList(all, System.getenv("LD_LIBRARY_PATH"));
      addConfigured(all, Path.of("/etc/ld.so.conf"), Path.of("/etc/ld.so.conf.d"));
      for (String folder : LINUX) {
        all.add(Path.of(folder));
      }
    }
    return new LibraryFolders(new ArrayList<>(all));
  }

  private static void addList(Set<Path> to, String list) {
    if (list == null) {
      return;
    }
    for (String folder : list.split(File.pathSeparator, -1)) {
      try {
        if (!folder.isBlank()) {
          to.add(Path.of(folder).toAbsolutePath());
        }
      } catch (InvalidPathException e) {
        // The loader passes over such an entry of PATH as well.
        continue;
      }
    }
  }

  /** The folders that {@code ldconfig} indexes. */
  static void addConfigured(Set<Path> to, Path file, Path included) {
    List<Path> files = new ArrayList<>();
    if (Files.isReadable(file)) {
      files.add(file);
    }
    if (Files.isDirectory(included)) {
      try (DirectoryStream<Path> more = Files.newDirectoryStream(included, "*.conf")) {
        List<Path> sorted = new ArrayList<>();
        more.forEach(sorted::add);
        sorted.sort(null);
        files.addAll(sorted);
      } catch (IOException | DirectoryIteratorException e) {
        throw new IllegalStateException("cannot list " + included, e);
      }
    }
    for (Path f : files) {
      try {
        Files.readAllLines(f).stream()
            .map(String::strip)
            .filter(line -> line.startsWith("/"))
            .forEach(line -> to.add(Path.of(line)));
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + f, e);
      }
    }
  }

  /** The first file of this name. */
  Optional<Path> find(String name) {
    return folders.stream().map(f -> f.resolve(name)).filter(Files::isRegularFile).findFirst();
  }

  /** What was searched, for messages. */
  String described() {
    List<String> there =
        folders.stream().filter(Files::isDirectory).map(Path::toString).distinct().toList();
    return there.isEmpty() ? "no folder" : String.join(", ", there);
  }
}
