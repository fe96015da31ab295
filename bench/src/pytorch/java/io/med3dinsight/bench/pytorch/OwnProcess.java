package io.med3dinsight.bench.pytorch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a class in a Java process of its own, with this one's options and class path. */
final class OwnProcess {
  private OwnProcess() {}

  /** The number that {@code main} prints on its last line. */
  static double number(Class<?> main, String argument) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(main.getName(), argument));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    String[] lines = out.strip().split("\n");
    if (code != 0) {
      throw new IOException(main.getSimpleName() + " " + argument + " ended with code " + code);
    }
    return Double.parseDouble(lines[lines.length - 1]);
  }
}
