package io.med3dinsight.engine.cuda.nvidia;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One of NVIDIA's libraries, found and loaded, or why not. Once loaded by its path, it is the one
 * that JCuda's libraries bind to, wherever it lies.
 *
 * @param name file name
 * @param path where it was found, or null
 * @param problem what is wrong, or null when it is loaded
 */
record NativeLibrary(String name, Path path, String problem) {
  /**
   * The libraries that cuDNN 9 opens by itself. It ends the process when one of them is missing or
   * of another version, so they are looked at first.
   */
  private static final String[] CUDNN_PARTS = {
    "graph", "ops", "cnn", "heuristic", "engines_runtime_compiled", "engines_precompiled"
  };

  boolean loaded() {
    return problem == null;
  }

  static NativeLibrary driver(LibraryFolders folders, Platform platform) {
    return find(folders, platform.windows() ? "nvcuda.dll" : "libcuda.so.1");
  }

  static NativeLibrary cublas(LibraryFolders folders, Platform platform) {
    String name = platform.windows() ? "cublas64_12.dll" : "libcublas.so.12";
    Optional<Path> path = folders.find(name);
    if (path.isPresent()) {
      // cuBLAS needs it; the copy beside it is the one that fits.
      String part = platform.windows() ? "cublasLt64_12.dll" : "libcublasLt.so.12";
      Path beside = path.get().resolveSibling(part);
      String problem = Files.exists(beside) ? load(beside) : null;
      if (problem != null) {
        return new NativeLibrary(name, path.get(), problem);
      }
    }
    return find(folders, name);
  }

  static NativeLibrary cudnn(LibraryFolders folders, Platform platform) {
    String name = platform.windows() ? "cudnn64_9.dll" : "libcudnn.so.9";
    Optional<Path> path = folders.find(name);
    if (path.isPresent()) {
      for (String part : CUDNN_PARTS) {
        String problem = part(path.get(), cudnnPart(part, platform));
        if (problem != null) {
          return new NativeLibrary(name, path.get(), problem);
        }
      }
    }
    return find(folders, name);
  }

  private static String cudnnPart(String part, Platform platform) {
    return platform.windows() ? "cudnn_" + part + "64_9.dll" : "libcudnn_" + part + ".so.9";
  }

  private static String part(Path whole, String name) {
    Path part = whole.resolveSibling(name);
    if (!Files.exists(part)) {
      return "it is incomplete: " + name + " is not beside it";
    }
    String expected = release(whole);
    String found = release(part);
    if (!expected.isEmpty() && !found.isEmpty() && !expected.equals(found)) {
      return "it is mixed: its release is " + expected + ", but that of " + name + " is " + found;
    }
    return load(part);
  }

  /** What follows {@code .so.} in the name of the file behind the links, such as 9.1.0. */
  private static String release(Path library) {
    try {
      String name = library.toRealPath().getFileName().toString();
      int at = name.indexOf(".so.");
      String release = at < 0 ? "" : name.substring(at + 4);
      return release.contains(".") ? release : "";
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + library, e);
    }
  }

  private static NativeLibrary find(LibraryFolders folders, String name) {
    Path path = folders.find(name).orElse(null);
    if (path == null) {
      return new NativeLibrary(name, null, "it was not found in " + folders.described());
    }
    return new NativeLibrary(name, path, load(path));
  }

  private static String load(Path library) {
    if (!looksLikeOne(library)) {
      // Java would print two lines about the stack before it says so.
      return "it cannot be loaded: it is not a library";
    }
    try {
      System.load(library.toString());
      return null;
    } catch (UnsatisfiedLinkError e) {
      return "it cannot be loaded: " + firstLine(e).replace(library + ": ", "");
    }
  }

  /** Whether a file begins as libraries of Linux (ELF) or Windows (MZ) do. */
  private static boolean looksLikeOne(Path library) {
    try (InputStream in = Files.newInputStream(library)) {
      byte[] b = in.readNBytes(4);
      return b.length == 4
          && (b[0] == 0x7f && b[1] == 'E' && b[2] == 'L' && b[3] == 'F'
              || b[0] == 'M' && b[1] == 'Z');
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + library, e);
    }
  }

  /** The first line of the first cause's message, without a full stop at its end. */
  static String reason(Throwable e) {
    Throwable first = e;
    while (first.getCause() != null) {
      first = first.getCause();
    }
    return firstLine(first);
  }

  /** The message's first line, without a full stop at its end. */
  static String firstLine(Throwable e) {
    String text = String.valueOf(e.getMessage());
    return text.lines().findFirst().orElse(text).strip().replaceFirst("\\.$", "");
  }
}
