package io.med3dinsight.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts programs of the test class path in plain Java processes, as {@code java -jar} would. */
final class Programs {
  /** What a program left behind. */
  record Ended(int code, String out, String err) {}

  private Programs() {}

  /** Arguments that begin with {@code -D} or {@code -X} are for Java. */
  static Process start(Class<?> main, Path out, Path err, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    List<String> words = new ArrayList<>(List.of(args));
    while (!words.isEmpty() && words.get(0).matches("-[DX].*")) {
      command.add(words.remove(0));
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(words);
    return new ProcessBuilder(command)
        .redirectOutput(out.toFile())
        .redirectError(err.toFile())
        .start();
  }

  static Ended run(Class<?> main, String... args) throws IOException {
    Path out = Files.createTempFile("program", ".out");
    Path err = Files.createTempFile("program", ".err");
    try {
      int code = start(main, out, err, args).onExit().join().exitValue();
      return new Ended(code, Files.readString(out), Files.readString(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }
}
