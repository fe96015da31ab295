package io.med3dinsight.cli;

import io.med3dinsight.config.Configuration;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Options of a command that makes a run folder; a mixin. */
class RunOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "RUN",
      description = "Folder of the run; made when it is not there.")
  private Path output;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of every random number; the same seed gives the same results.")
  private Long seed;

  @Option(names = "--resume", description = "Go on from the run's last checkpoint.")
  private boolean resume;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings in YAML or JSON; those not named keep their defaults.")
  private Path config;

  @Option(
      names = "--encoder",
      paramLabel = "TYPE",
      description = "Architecture: unet, nnformer, swin_unetr or unetr; the same as network.type.")
  private String encoder;

  private List<String> encoderKeys = List.of("network.type");

  @Parameters(
      paramLabel = "KEY=VALUE",
      arity = "0..*",
      description = "Single settings, such as pretrain.epochs=10; they win over the file.")
  private List<String> overrides = new ArrayList<>();

  /** The run folder; null when the option was not given. */
  Path output() {
    return output;
  }

  /** The seed; null when the option was not given. */
  Long seed() {
    return seed;
  }

  boolean resume() {
    return resume;
  }

  /**
   * The command's settings: {@code defaults}, changed by the file, then by single settings.
   *
   * @throws io.med3dinsight.UsageException for an unknown key or a value of the wrong type
   */
  <R extends Record> R settings(R defaults) {
    return Configuration.read(defaults, config, chosen());
  }

  /**
   * The same; the file may be written for a command with other settings.
   *
   * @param wider that command's settings
   * @param unused which of them are left aside
   * @param told a sentence about those
   */
  <R extends Record> R settings(
      R defaults, Record wider, List<String> unused, Consumer<String> told) {
    return Configuration.read(
        defaults,
        config,
        chosen(),
        wider,
        unused,
        names ->
            told.accept(
                "Left aside from "
                    + config
                    + ", for this command has no use for them: "
                    + String.join(", ", names)
                    + "."));
  }

  /** Names the settings that --encoder stands for, where they are not the run's own. */
  void encoderKeys(String... keys) {
    encoderKeys = List.of(keys);
  }

  /** Single settings, the later ones winning; the options that stand for one come first. */
  List<String> chosen() {
    List<String> all = new ArrayList<>();
    if (encoder != null) {
      encoderKeys.forEach(key -> all.add(key + "=" + encoder));
    }
    all.addAll(overrides);
    return all;
  }
}
