package io.med3dinsight.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.med3dinsight.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
  enum Metric {
    DIAGONAL,
    FULL_RANK
  }

  record Pretrain(int epochs, double rate, Metric metric, List<Integer> patch) {
    Pretrain {
      if (epochs < 1) {
        throw new IllegalArgumentException("epochs is " + epochs + ": expected at least 1.");
      }
    }
  }

  record Train(
      Pretrain pretrain, boolean mirror, String name, Path data, float momentum, long seed) {}

  private static final Train DEFAULTS =
      new Train(
          new Pretrain(5, 1e-3, Metric.DIAGONAL, List.of(32, 32, 32)),
          true,
          "sample",
          null,
          .9f,
          1);

  @TempDir Path folder;

  private Train read(String yaml, String... overrides) throws IOException {
    Path file = Files.writeString(folder.resolve("config.yaml"), yaml);
    return Configuration.read(DEFAULTS, file, List.of(overrides));
  }

  @Test
  void nothingGivenLeavesTheDefaults() throws IOException {
    assertSame(DEFAULTS, Configuration.read(DEFAULTS, null, List.of()));
    assertEquals(DEFAULTS, read("# only a comment\n"));
  }

  @Test
  void wordsWinOverTheFileAndTheFileOverDefaults() throws IOException {
    Train train =
        read(
            "pretrain: {epochs: 7, rate: 1e-4}\nmirror: false\n",
            "pretrain.epochs=10",
            "pretrain.patch=[64, 48, 32]",
            "pretrain.metric=full-rank",
            "name=3",
            "data=some/folder");
    assertEquals(
        new Train(
            new Pretrain(10, 1e-4, Metric.FULL_RANK, List.of(64, 48, 32)),
            false,
            "3",
            Path.of("some/folder"),
            .9f,
            1),
        train);
    assertNull(Configuration.read(train, null, List.of("data=null")).data());
  }

  @Test
  void jsonIsReadToo() throws IOException {
    Path file = Files.writeString(folder.resolve("c.json"), "{\"pretrain\": {\"epochs\": 2}}");
    assertEquals(2, Configuration.read(DEFAULTS, file, List.of()).pretrain().epochs());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pretrain.epoch=3|Setting 'pretrain.epoch' is unknown: did you mean 'pretrain.epochs'?",
        "epochs=3|Setting 'epochs' is unknown: did you mean 'pretrain.epochs'?",
        "mirror.x=1|Setting 'mirror.x' is unknown: did you mean 'mirror'?",
        "pretrain.epochs=ten|Setting 'pretrain.epochs' is 'ten': expected a whole number.",
        "pretrain.epochs=1.5|Setting 'pretrain.epochs' is '1.5': expected a whole number.",
        "pretrain.epochs=9999999999|Setting 'pretrain.epochs' is '9999999999': expected a whole"
            + " number of 32 bits.",
        "pretrain.rate=fast|Setting 'pretrain.rate' is 'fast': expected a number.",
        "mirror=yes|Setting 'mirror' is 'yes': expected true or false.",
        "pretrain.metric=cosine|Setting 'pretrain.metric' is 'cosine': expected one of diagonal,"
            + " full_rank.",
        "pretrain.patch=64|Setting 'pretrain.patch' is '64': expected a list such as [1, 2, 3].",
        "pretrain.patch=[a]|Setting 'pretrain.patch[0]' is 'a': expected a whole number.",
        "pretrain=3|Setting 'pretrain' is '3': expected a group of settings: epochs, rate, metric,"
            + " patch.",
        "pretrain.epochs=0|Setting 'pretrain.epochs': epochs is 0: expected at least 1.",
        "verbose|'verbose' is not a setting: expected key=value, such as pretrain.epochs=10.",
      })
  void aWrongWordGetsOneSentence(String word, String sentence) {
    UsageException e =
        assertThrows(UsageException.class, () -> Configuration.read(DEFAULTS, null, List.of(word)));
    assertEquals(sentence, e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pretrain: {epoch: 3}|'pretrain.epoch' in FILE is unknown: did you mean 'pretrain.epochs'?",
        "name: 3|Setting 'name' in FILE is 3: expected text; put it in quotes.",
        "- 1|Setting '(top level)' in FILE is [1]: expected a group of settings",
        "mirror: true\\nmirror: false|FILE, line 2, is not valid YAML: Duplicate field 'mirror'",
        "seed: [|is not valid YAML",
      })
  void aWrongFileGetsOneSentenceThatNamesIt(String yaml, String part) {
    UsageException e = assertThrows(UsageException.class, () -> read(yaml.replace("\\n", "\n")));
    String expected = part.replace("FILE", folder.resolve("config.yaml").toString());
    assertEquals(true, e.getMessage().contains(expected), e.getMessage());
  }

  @Test
  void aMissingFileIsNamed() {
    Path none = folder.resolve("none.yaml");
    UsageException e =
        assertThrows(UsageException.class, () -> Configuration.read(DEFAULTS, none, List.of()));
    assertEquals(
        "Configuration file " + none + " is not there: expected a YAML or JSON file.",
        e.getMessage());
  }

  @Property(tries = 200)
  void whatIsWrittenIsReadBackEqual(
      @ForAll double rate, @ForAll float momentum, @ForAll long seed, @ForAll String name)
      throws IOException {
    Train train =
        new Train(
            new Pretrain(1, rate, Metric.FULL_RANK, List.of()),
            false,
            name.replaceAll("\\p{C}", "_"),
            Path.of("a b"),
            momentum,
            seed);
    Path file = Files.createTempFile("config", ".yaml");
    try {
      Configuration.write(train, file);
      assertEquals(train, Configuration.read(DEFAULTS, file, List.of()));
    } finally {
      Files.delete(file);
    }
  }
}
