package io.med3dinsight.cli;

import io.med3dinsight.cli.Programs.Ended;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Runs a command line through the program's entry, but in this process, which is faster. */
final class InProcess {
  private InProcess() {}

  /** Segments one image. */
  static Ended predict(Path model, Path image, Path labels) {
    return run(
        PredictCommand.class,
        "predict",
        "--model",
        model.toString(),
        "--input",
        image.toString(),
        "--output",
        labels.toString());
  }

  static Ended run(Class<?> command, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream oldOut = System.out;
    PrintStream oldErr = System.err;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      int code = Main.run(Main.class, List.of(command), args);
      return new Ended(
          code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(oldOut);
      System.setErr(oldErr);
    }
  }
}
