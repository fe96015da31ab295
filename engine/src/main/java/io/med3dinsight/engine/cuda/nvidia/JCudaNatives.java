package io.med3dinsight.engine.cuda.nvidia;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * JCuda's own native libraries, which its jars carry. JCuda writes such a library into the folder
 * for temporary files when no file of that name is there, and loads what is there otherwise: two
 * processes that start together, or an interrupted one, would load half a library and crash. So the
 * library is put there whole, by a rename, and compared when it is there already.
 */
final class JCudaNatives {
  /** JCuda's version, which its library names carry. */
  static final String VERSION = "12.6.0";

  private JCudaNatives() {}

  /**
   * Makes one of JCuda's libraries ready to be loaded by JCuda.
   *
   * @param library such as {@code JCudaDriver}
   * @return what is wrong, or null
   */
  static String prepare(String library, Platform platform, Path folder) {
    if (!present("jcuda.LibUtils")) {
      return "JCuda is not on the class path; add org.jcuda:jcuda:"
          + VERSION
          + ", jcublas, jcudnn and their natives";
    }
    String name = platform.fileOf(library + "-" + VERSION);
    try (InputStream in = JCudaNatives.class.getResourceAsStream("/lib/" + name)) {
      if (in == null) {
        return "JCuda's native library " + name + " is not on the class path" + hint(platform);
      }
      return put(in.readAllBytes(), folder.resolve(name));
    } catch (IOException e) {
      return "JCuda's native library " + name + " cannot be read: " + e.getMessage();
    }
  }

  private static String hint(Platform platform) {
    boolean published =
        platform.arch().equals("x86_64") && (platform.windows() || platform.os().equals("linux"));
    return published
        ? "; add the natives of JCuda " + VERSION + " for " + platform
        : "; JCuda has been published for linux-x86_64 and windows-x86_64 only";
  }

  static boolean present(String className) {
    try {
      Class.forName(className, false, JCudaNatives.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static String put(byte[] library, Path file) {
    Path fresh = null;
    try {
      Files.createDirectories(file.getParent());
      if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), library)) {
        return null;
      }
      fresh = Files.createTempFile(file.getParent(), "jcuda", ".part");
      Files.write(fresh, library);
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      return null;
    } catch (IOException e) {
      return "JCuda's native library cannot be written to "
          + file
          + " ("
          + e
          + "); remove that file, or name another folder with -Djava.io.tmpdir"
          + discarded(fresh);
    }
  }

  private static String discarded(Path fresh) {
    try {
      if (fresh != null) {
        Files.deleteIfExists(fresh);
      }
      return "";
    } catch (IOException e) {
      return "; " + fresh + " is left over";
    }
  }
}
