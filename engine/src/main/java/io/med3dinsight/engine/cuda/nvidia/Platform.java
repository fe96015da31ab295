package io.med3dinsight.engine.cuda.nvidia;

import java.util.Locale;

/**
 * Operating system and processor, as JCuda's libraries are named after them.
 *
 * @param os such as {@code linux}
 * @param arch such as {@code x86_64}
 */
record Platform(String os, String arch) {
  static Platform current() {
    return of(System.getProperty("os.name"), System.getProperty("os.arch"));
  }

  static Platform of(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String arch = osArch.toLowerCase(Locale.ROOT);
    return new Platform(
        os.startsWith("windows") ? "windows" : os.startsWith("mac") ? "apple" : os,
        arch.equals("amd64") || arch.equals("x86-64") ? "x86_64" : arch);
  }

  boolean windows() {
    return os.equals("windows");
  }

  /** File name of one of JCuda's libraries. */
  String fileOf(String library) {
    String suffix = windows() ? ".dll" : os.equals("apple") ? ".dylib" : ".so";
    return (windows() ? "" : "lib") + library + "-" + this + suffix;
  }

  @Override
  public String toString() {
    return os + "-" + arch;
  }
}
