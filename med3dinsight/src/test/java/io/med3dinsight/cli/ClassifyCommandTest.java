package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.classification.Blobs;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.dataset.MedMnist;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifyCommandTest {
  static final List<String> SETTINGS =
      List.of("network.channels=[4,8]", "network.convolutions=1", "network.patch=[8,8,8]");

  @TempDir Path dir;

  private static Ended classify(String... words) {
    List<String> all = new ArrayList<>(List.of("classify"));
    all.addAll(List.of(words));
    return InProcess.run(ClassifyCommand.class, all.toArray(String[]::new));
  }

  private Ended train(Path data, Path run) {
    List<String> words =
        new ArrayList<>(List.of("train", "-d", data.toString(), "-o", run.toString()));
    words.addAll(SETTINGS);
    words.addAll(List.of("classification.epochs=3", "classification.batch=4"));
    return classify(words.toArray(String[]::new));
  }

  private static Path only(Path folder, String part) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found = files.filter(f -> f.getFileName().toString().contains(part)).toList();
      assertEquals(1, found.size(), found.toString());
      return found.get(0);
    }
  }

  @Test
  void trainPredictAndEvaluate() throws IOException {
    Path data = Blobs.medMnist(dir.resolve("stripesmnist3d.npz"));
    Path run = dir.resolve("run");
    Ended ended = train(data, run);
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("test   AUC"), ended.out());
    JsonNode scores = new ObjectMapper().readTree(run.resolve("metrics.json").toFile());
    double auc = scores.at("/classification/test/auc/value").asDouble();
    double accuracy = scores.at("/classification/test/accuracy/value").asDouble();
    Path official = only(run.resolve("predictions"), "_test_");
    assertEquals(
        String.format(
            java.util.Locale.ROOT,
            "stripesmnist3d_test_[AUC]%.3f_[ACC]%.3f@run1.csv",
            auc,
            accuracy),
        official.getFileName().toString());
    List<String> lines = Files.readAllLines(official);
    assertEquals(9, lines.size());
    assertTrue(lines.get(8).matches("8,[0-9.E-]+,[0-9.E-]+"), lines.get(8));

    // The same scores from either file, and the same file from the model alone.
    for (String[] words :
        new String[][] {
          {"-p", run.resolve("predictions/test.csv").toString()},
          {"-p", official.toString(), "-d", data.toString()}
        }) {
      List<String> all = new ArrayList<>(List.of("evaluate"));
      all.addAll(List.of(words));
      Path cases = dir.resolve("e.csv");
      all.addAll(List.of("-o", dir.resolve("e.json").toString(), "--csv", cases.toString()));
      Ended e = classify(all.toArray(String[]::new));
      assertEquals(0, e.code(), e.err());
      JsonNode again = new ObjectMapper().readTree(dir.resolve("e.json").toFile());
      assertEquals(auc, again.at("/classification/auc/value").asDouble(), 1e-12);
      assertTrue(again.at("/classification/calibration_error").has("low"), again.toString());
      assertTrue(again.at("/classification/classes/1").has("specificity"), again.toString());
      assertEquals(9, again.at("/classification/cases").size());
      assertEquals("id,label,predicted,p_0,p_1", Files.readAllLines(cases).get(0));
      assertEquals(10, Files.readAllLines(cases).size());
      assertTrue(e.out().contains("calibration error"), e.out());
      assertTrue(e.out().contains("class 1  AUC "), e.out());
    }
    Path out = dir.resolve("official");
    predictTest(run, data, out);
    assertEquals(lines, Files.readAllLines(out.resolve(official.getFileName())));
    for (String ending : List.of("csv", "json")) {
      assertEquals(
          Files.readString(run.resolve("predictions/test." + ending)),
          Files.readString(out.resolve("test." + ending)));
    }
  }

  private static void predictTest(Path run, Path data, Path out) {
    Ended all =
        classify("predict", "-m", run.toString(), "-i", data.toString(), "-o", out.toString());
    assertEquals(2, all.code(), all.err());
    assertTrue(all.err().contains("--split train, val or test"), all.err());
    Ended p =
        classify(
            "predict",
            "-m",
            run.toString(),
            "-i",
            data.toString(),
            "-o",
            out.toString(),
            "--split",
            "test");
    assertEquals(0, p.code(), p.err());
  }

  /** Every encoder is trained, saved, loaded again and gives what the training wrote. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "unet;network.channels=[4,8];network.convolutions=1;network.patch=[8,8,8]",
        "nnformer;network.transformer.embedding=8;network.transformer.heads=[1,2,2,4];",
        "swin_unetr;network.transformer.embedding=4;network.transformer.heads=[1,1,2,2];",
        "unetr;network.transformer.embedding=2;network.transformer.hidden=12;"
            + "network.transformer.heads=[2]"
      })
  void everyEncoderIsTrainedAndApplied(String type, String a, String b, String c)
      throws IOException {
    Path data = Blobs.medMnist(dir.resolve("m.npz"));
    Path run = dir.resolve("run");
    List<String> words =
        new ArrayList<>(
            List.of("train", "-d", data.toString(), "-o", run.toString(), "network.type=" + type));
    words.addAll(List.of(a, b, c == null ? "network.patch=[32,32,32]" : c));
    if (type.equals("unetr")) {
      words.addAll(List.of("network.transformer.layers=4", "network.patch=[32,32,32]"));
    }
    words.addAll(List.of("classification.epochs=1", "classification.batch=8"));
    Ended ended = classify(words.toArray(String[]::new));
    assertEquals(0, ended.code(), ended.err());
    Path out = dir.resolve("out");
    predictTest(run, data, out);
    assertEquals(
        Files.readString(run.resolve("predictions/test.csv")),
        Files.readString(out.resolve("test.csv")));
  }

  @Test
  void foldersOfImages() throws IOException {
    Path npz = Blobs.medMnist(dir.resolve("m.npz"));
    MedMnist data = MedMnist.read(npz);
    int[] labels = data.labelsOf(MedMnist.Split.TRAIN);
    for (int i = 0; i < labels.length; i++) {
      Path file = dir.resolve("d/class" + labels[i] + "/i" + i + ".nii.gz");
      Files.createDirectories(file.getParent());
      data.image(MedMnist.Split.TRAIN, i).write(file);
    }
    Path run = dir.resolve("run");
    Ended ended = train(dir.resolve("d"), run);
    assertEquals(0, ended.code(), ended.err());
    Path csv = dir.resolve("p.csv");
    Ended p =
        classify(
            "predict",
            "-m",
            run.toString(),
            "-i",
            dir.resolve("d/class1").toString(),
            "-o",
            csv.toString());
    assertEquals(0, p.code(), p.err());
    List<String> lines = Files.readAllLines(csv);
    assertEquals("id,predicted,p_class0,p_class1", lines.get(0));
    assertEquals(9, lines.size());
    assertTrue(lines.get(1).matches("i0.nii.gz,class[01],.*"), lines.get(1));
    Path both = dir.resolve("both");
    p =
        classify(
            "predict",
            "-m",
            run.toString(),
            "-i",
            dir.resolve("d/class1").toString(),
            "-o",
            both.toString());
    assertEquals(0, p.code(), p.err());
    assertEquals(lines, Files.readAllLines(both.resolve("predictions.csv")));
    JsonNode json = new ObjectMapper().readTree(both.resolve("predictions.json").toFile());
    assertEquals(8, json.path("cases").size());
    Ended wrong = classify("predict", "-m", run.toString(), "-i", csv.toString(), "-o", "x.txt");
    assertEquals(2, wrong.code(), wrong.err());
    assertTrue(wrong.err().contains(".csv or .json"), wrong.err());
  }
}
